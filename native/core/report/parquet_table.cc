#include "report/parquet_table.h"

#include <algorithm>
#include <bit>
#include <span>

#include "report/text_table.h"
#include "report/thrift_compact.h"

namespace portacl {
namespace {

using Thrift = ThriftWriter::Type;

constexpr std::string_view kMagic = "PAR1";

// Numbers of parquet.thrift.
namespace physical {
constexpr int32_t kBoolean = 0, kInt32 = 1, kInt64 = 2, kByteArray = 6;
}
namespace encoding {
constexpr int32_t kPlain = 0, kRle = 3, kRleDictionary = 8;
}
namespace page {
constexpr int32_t kData = 0, kDictionary = 2;
}
namespace converted {
constexpr int32_t kNone = -1, kUtf8 = 0, kUint8 = 11, kUint16 = 12, kUint64 = 14, kInt64 = 18;
}
constexpr int32_t kOptional = 1;
constexpr int32_t kUncompressed = 0;

struct TypeNames {
  int32_t physical;
  int32_t converted;
  int8_t bits;  // of a number
  bool is_signed;
};

TypeNames names_of(ColumnType type) {
  switch (type) {
    case ColumnType::kBool:
      return {physical::kBoolean, converted::kNone, 0, false};
    case ColumnType::kUint8:
      return {physical::kInt32, converted::kUint8, 8, false};
    case ColumnType::kUint16:
      return {physical::kInt32, converted::kUint16, 16, false};
    case ColumnType::kUint64:
      return {physical::kInt64, converted::kUint64, 64, false};
    case ColumnType::kInt64:
      return {physical::kInt64, converted::kInt64, 64, true};
    case ColumnType::kText:
      break;
  }
  return {physical::kByteArray, converted::kUtf8, 0, false};
}

void append_little(std::string& out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

// Groups of eight values of `width` bits, the last one filled up with zeros.
template <class Number>
void append_bits(std::string& out, std::span<const Number> values, unsigned width) {
  uint64_t bits = 0;
  unsigned count = 0;
  for (size_t i = 0; i < (values.size() + 7) / 8 * 8; ++i) {
    bits |= uint64_t{i < values.size() ? values[i] : 0} << count;
    for (count += width; count >= 8; count -= 8, bits >>= 8) out += static_cast<char>(bits);
  }
}

template <class Number>
void append_packed(std::string& out, std::span<const Number> values, unsigned width) {
  append_varint(out, (values.size() + 7) / 8 << 1 | 1);
  append_bits(out, values, width);
}

// Runs of equal values as one, others packed. Source: Encodings.md, "Run Length Encoding /
// Bit-Packing Hybrid". Requires: width from 1 to 32, and values that fit.
template <class Number>
void append_hybrid(std::string& out, std::span<const Number> values, unsigned width) {
  constexpr size_t kRun = 8;
  const auto run_at = [&](size_t i, size_t enough) {
    size_t end = i + 1;
    while (end < values.size() && end - i < enough && values[end] == values[i]) ++end;
    return end - i;
  };
  for (size_t i = 0; i < values.size();) {
    const size_t run = run_at(i, values.size());
    if (run >= kRun) {
      append_varint(out, run << 1);
      append_little(out, values[i], (width + 7) / 8);
      i += run;
      continue;
    }
    size_t end = i;
    do end = std::min(end + 8, values.size());
    while (end < values.size() && run_at(end, kRun) < kRun);
    append_packed(out, values.subspan(i, end - i), width);
    i = end;
  }
}

std::string page_header(int32_t type, size_t bytes, int32_t values, int32_t values_encoding) {
  ThriftWriter out;
  out.i32(1, type);
  out.i32(2, static_cast<int32_t>(bytes));
  out.i32(3, static_cast<int32_t>(bytes));
  out.begin_struct(type == page::kData ? 5 : 7);
  out.i32(1, values);
  out.i32(2, values_encoding);
  if (type == page::kData) {
    out.i32(3, encoding::kRle);
    out.i32(4, encoding::kRle);
  }
  out.end();
  out.end();
  return out.bytes();
}

void put_schema(ThriftWriter& out, const TableColumn& column) {
  const TypeNames names = names_of(column.type);
  out.begin_element();
  out.i32(1, names.physical);
  out.i32(3, kOptional);
  out.text(4, column.name);
  if (names.converted == converted::kNone) return out.end();
  out.i32(6, names.converted);
  out.begin_struct(10);  // the logical type: 1 is a text, 10 a number
  if (column.type == ColumnType::kText) {
    out.begin_struct(1);
  } else {
    out.begin_struct(10);
    out.i8(1, names.bits);
    out.boolean(2, names.is_signed);
  }
  out.end();
  out.end();
  out.end();
}

}  // namespace

std::unique_ptr<Table> make_table(TextSink& sink, TableFormat format,
                                  std::span<const TableColumn> columns) {
  if (format == TableFormat::kParquet) return std::make_unique<ParquetTable>(sink, columns);
  return std::make_unique<TextTable>(sink, format, columns);
}

ParquetTable::ParquetTable(TextSink& sink, std::span<const TableColumn> columns, size_t group_rows)
    : sink_(sink), group_rows_(group_rows), columns_(columns.size()) {
  for (size_t i = 0; i < columns.size(); ++i) columns_[i].about = columns[i];
  append(kMagic);
}

void ParquetTable::append(std::string_view bytes) {
  sink_.append(bytes);
  offset_ += static_cast<int64_t>(bytes.size());
}

void ParquetTable::nothing() { next_column().defined.push_back(0); }

void ParquetTable::put_unsigned(uint64_t value) {
  Column& column = next_column();
  column.defined.push_back(1);
  column.numbers.push_back(value);
}

void ParquetTable::text(std::string_view value) {
  Column& column = next_column();
  column.defined.push_back(1);
  // Neighbours are often equal, and comparing is cheaper than hashing.
  if (column.words.empty() || *column.words[column.last] != value) {
    auto at = column.dictionary.find(value);
    if (at == column.dictionary.end()) {
      const auto index = static_cast<uint32_t>(column.words.size());
      at = column.dictionary.emplace(value, index).first;
      column.words.push_back(&at->first);
    }
    column.last = at->second;
  }
  column.numbers.push_back(column.last);
}

void ParquetTable::end_row() {
  column_ = 0;
  if (++rows_ == group_rows_) write_group();
}

void ParquetTable::write_group() {
  RowGroup group{static_cast<int64_t>(rows_), {}};
  for (Column& column : columns_) {
    group.chunks.push_back(write_chunk(column));
    column.defined.clear();
    column.numbers.clear();
    column.words.clear();
    column.dictionary.clear();
    column.last = 0;
  }
  groups_.push_back(std::move(group));
  rows_ = 0;
}

void ParquetTable::write_page(const std::string& header, const std::string& body) {
  append(header);
  append(body);
}

ParquetTable::Chunk ParquetTable::write_chunk(const Column& column) {
  Chunk chunk{offset_, offset_, 0};
  const bool is_text = column.about.type == ColumnType::kText;
  if (is_text) {
    std::string body;
    for (const std::string* const word : column.words) {
      append_little(body, word->size(), 4);
      body += *word;
    }
    const auto count = static_cast<int32_t>(column.words.size());
    write_page(page_header(page::kDictionary, body.size(), count, encoding::kPlain), body);
    chunk.data_page = offset_;
  }
  std::string levels;
  append_hybrid<uint32_t>(levels, column.defined, 1);
  std::string body;
  append_little(body, levels.size(), 4);
  body += levels;
  if (is_text) {
    // One bit even where there is but one word: no reader stumbles over none.
    const auto width = std::max(1u, static_cast<unsigned>(std::bit_width(column.words.size() - 1)));
    body += static_cast<char>(column.words.empty() ? 1 : width);
    append_hybrid<uint64_t>(body, column.numbers, column.words.empty() ? 1 : width);
  } else if (column.about.type == ColumnType::kBool) {
    append_bits<uint64_t>(body, column.numbers, 1);
  } else {
    const size_t bytes = names_of(column.about.type).physical == physical::kInt64 ? 8 : 4;
    for (const uint64_t value : column.numbers) append_little(body, value, bytes);
  }
  const auto count = static_cast<int32_t>(column.defined.size());
  const int32_t values = is_text ? encoding::kRleDictionary : encoding::kPlain;
  write_page(page_header(page::kData, body.size(), count, values), body);
  chunk.bytes = offset_ - chunk.first_page;
  return chunk;
}

std::string ParquetTable::footer() const {
  ThriftWriter out;
  int64_t rows = 0;
  for (const RowGroup& group : groups_) rows += group.rows;
  out.i32(1, 2);  // version
  out.list(2, Thrift::kStruct, columns_.size() + 1);
  out.begin_element();
  out.text(4, "schema");
  out.i32(5, static_cast<int32_t>(columns_.size()));
  out.end();
  for (const Column& column : columns_) put_schema(out, column.about);
  out.i64(3, rows);
  out.list(4, Thrift::kStruct, groups_.size());
  for (const RowGroup& group : groups_) {
    int64_t bytes = 0;
    for (const Chunk& chunk : group.chunks) bytes += chunk.bytes;
    out.begin_element();
    out.list(1, Thrift::kStruct, group.chunks.size());
    for (size_t i = 0; i < group.chunks.size(); ++i) {
      const Chunk& chunk = group.chunks[i];
      const TableColumn& about = columns_[i].about;
      const bool is_text = about.type == ColumnType::kText;
      out.begin_element();
      out.i64(2, chunk.first_page);
      out.begin_struct(3);
      out.i32(1, names_of(about.type).physical);
      out.list(2, Thrift::kI32, 2);
      out.element(encoding::kRle);
      out.element(is_text ? encoding::kRleDictionary : encoding::kPlain);
      out.list(3, Thrift::kText, 1);
      out.element(about.name);
      out.i32(4, kUncompressed);
      out.i64(5, group.rows);
      out.i64(6, chunk.bytes);
      out.i64(7, chunk.bytes);
      out.i64(9, chunk.data_page);
      if (is_text) out.i64(11, chunk.first_page);
      out.end();
      out.end();
    }
    out.i64(2, bytes);
    out.i64(3, group.rows);
    out.end();
  }
  out.text(6, "portacl");
  out.end();
  return out.bytes();
}

void ParquetTable::finish() {
  if (rows_ != 0) write_group();
  std::string end = footer();
  append_little(end, end.size(), 4);
  end += kMagic;
  append(end);
}

}  // namespace portacl
