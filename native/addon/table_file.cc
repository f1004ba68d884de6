#include "addon/table_file.h"

#include <cmath>
#include <string>
#include <vector>

#include "addon/throw.h"
#include "platform/file_sink.h"
#include "report/table.h"

namespace portacl {
namespace {

struct ColumnValues {
  std::string name;
  ColumnType type = ColumnType::kText;
  Napi::Array texts;           // of a column of texts
  Napi::Float64Array numbers;  // of the others

  size_t size() const {
    return type == ColumnType::kText ? texts.Length() : numbers.ElementLength();
  }
};

ColumnType type_of(const std::string& name) {
  return name == "uint64"    ? ColumnType::kUint64
         : name == "int64"   ? ColumnType::kInt64
         : name == "boolean" ? ColumnType::kBool
                             : ColumnType::kText;
}

std::vector<ColumnValues> columns_of(const Napi::Value& value) {
  std::vector<ColumnValues> columns;
  const auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const auto object = array.Get(i).As<Napi::Object>();
    ColumnValues& column = columns.emplace_back();
    column.name = object.Get("name").ToString();
    column.type = type_of(object.Get("type").ToString());
    const Napi::Value values = object.Get("values");
    if (column.type == ColumnType::kText) {
      column.texts = values.As<Napi::Array>();
    } else {
      column.numbers = values.As<Napi::Float64Array>();
    }
    if (column.size() != columns.front().size()) {
      throw Napi::RangeError::New(value.Env(), "columns of one length expected");
    }
  }
  return columns;
}

void put_text(Table& table, const Napi::Value& value) {
  value.IsString() ? table.text(value.ToString().Utf8Value()) : table.nothing();
}

void put_number(Table& table, ColumnType type, double value) {
  if (std::isnan(value)) return table.nothing();
  switch (type) {
    case ColumnType::kBool:
      return table.boolean(value != 0);
    case ColumnType::kInt64:
      return table.number(static_cast<int64_t>(value));
    default:
      return table.number(static_cast<uint64_t>(value));
  }
}

void put_rows(Napi::Env env, Table& table, const std::vector<ColumnValues>& columns) {
  const size_t rows = columns.empty() ? 0 : columns.front().size();
  for (size_t row = 0; row < rows; ++row) {
    const Napi::HandleScope scope(env);
    for (const ColumnValues& column : columns) {
      if (column.type == ColumnType::kText) {
        put_text(table, column.texts.Get(static_cast<uint32_t>(row)));
      } else {
        put_number(table, column.type, column.numbers[row]);
      }
    }
    table.end_row();
  }
  table.finish();
}

}  // namespace

TableFormat table_format_of(const Napi::Value& name) {
  const std::string format = name.IsString() ? name.ToString().Utf8Value() : std::string();
  return format == "csv"       ? TableFormat::kCsv
         : format == "parquet" ? TableFormat::kParquet
                               : TableFormat::kJsonLines;
}

Napi::Value write_table(const Napi::CallbackInfo& info) {
  const std::vector<ColumnValues> columns = columns_of(info[2]);
  std::vector<TableColumn> about;
  for (const ColumnValues& column : columns) about.push_back({column.name, column.type});
  FileSink sink(info[0].ToString().Utf8Value());
  put_rows(info.Env(), *make_table(sink, table_format_of(info[1]), about), columns);
  return status_value(info.Env(), sink.close());
}

}  // namespace portacl
