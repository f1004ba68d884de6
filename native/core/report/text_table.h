// Rows of named columns as text: one JSON object a line, or CSV (RFC 4180) with a header line.
#pragma once

#include "report/table.h"

namespace portacl {

class TextTable final : public Table {
 public:
  // `sink` and `columns` must outlive this. Requires: kJsonLines or kCsv.
  TextTable(TextSink& sink, TableFormat format, std::span<const TableColumn> columns)
      : sink_(sink), csv_(format == TableFormat::kCsv), columns_(columns) {
    if (!csv_) return;
    for (const TableColumn& column : columns) {
      begin();
      sink_.append(column.name);
    }
    end_row();
  }

  void nothing() override {
    begin();
    if (!csv_) sink_.append(std::string_view("null"));
  }
  void boolean(bool value) override {
    begin();
    sink_.append(value ? std::string_view("true") : std::string_view("false"));
  }
  void text(std::string_view value) override {
    begin();
    if (!csv_) return sink_.append_json(value);
    if (value.find_first_of(",\"\r\n") == std::string_view::npos) return sink_.append(value);
    sink_.append('"');
    for (const char c : value) {
      if (c == '"') sink_.append('"');
      sink_.append(c);
    }
    sink_.append('"');
  }

  void end_row() override {
    sink_.append(csv_ ? std::string_view("\r\n") : std::string_view("}\n"));
    column_ = 0;
  }

 private:
  void put_unsigned(uint64_t value) override {
    begin();
    sink_.append_number(value);
  }
  void put_signed(int64_t value) override {
    begin();
    sink_.append_number(value);
  }

  void begin() {
    if (csv_) {
      if (column_ > 0) sink_.append(',');
    } else {
      sink_.append(column_ == 0 ? std::string_view("{\"") : std::string_view(",\""));
      sink_.append(columns_[column_].name);
      sink_.append(std::string_view("\":"));
    }
    ++column_;
  }

  TextSink& sink_;
  bool csv_;
  std::span<const TableColumn> columns_;
  size_t column_ = 0;
};

}  // namespace portacl
