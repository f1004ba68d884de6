// A table as a Parquet file: what DuckDB, pandas and Spark read without being told of its columns.
//
//     rows ─> columns of a row group (kGroupRows) ─pages─> file … ─> footer with where they all are
//
// Every column is nullable. Numbers are plain; texts are a dictionary of those that occur in the
// row group, and indices into it, so that names cost bits. Pages are not compressed: what repeats
// is small already. Texts must be UTF-8. Memory: one row group, and some 300 bytes a row group
// written, for the footer. Source: apache/parquet-format 2.10, README.md, Encodings.md,
// parquet.thrift. Why an own writer: docs/decisions/0018.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "report/table.h"

namespace portacl {

class ParquetTable final : public Table {
 public:
  static constexpr size_t kGroupRows = 1u << 17;

  // `sink` and `columns` must outlive this. `group_rows`: for tests.
  ParquetTable(TextSink& sink, std::span<const TableColumn> columns,
               size_t group_rows = kGroupRows);

  void nothing() override;
  void boolean(bool value) override { put_unsigned(value); }
  void text(std::string_view value) override;
  void end_row() override;
  void finish() override;

 private:
  void put_unsigned(uint64_t value) override;
  void put_signed(int64_t value) override { put_unsigned(static_cast<uint64_t>(value)); }

  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  // The values of one column in the row group in hand.
  struct Column {
    TableColumn about;
    std::vector<uint32_t> defined;  // of each row: 1, or 0 where there is nothing
    std::vector<uint64_t> numbers;  // of the others; for texts, places in `words`
    std::unordered_map<std::string, uint32_t, TextHash, std::equal_to<>> dictionary;
    std::vector<const std::string*> words;  // in order of appearance; keys of `dictionary`
    uint64_t last = 0;                      // the text put last
  };
  // Where a column of a row group is in the file.
  struct Chunk {
    int64_t first_page = 0;
    int64_t data_page = 0;
    int64_t bytes = 0;
  };
  struct RowGroup {
    int64_t rows = 0;
    std::vector<Chunk> chunks;
  };

  Column& next_column() { return columns_[column_++]; }
  void write_group();
  Chunk write_chunk(const Column& column);
  void write_page(const std::string& header, const std::string& body);
  std::string footer() const;
  void append(std::string_view bytes);

  TextSink& sink_;
  size_t group_rows_;
  std::vector<Column> columns_;
  size_t column_ = 0;  // that is next in the row in hand
  size_t rows_ = 0;    // of the row group in hand
  std::vector<RowGroup> groups_;
  int64_t offset_ = 0;  // bytes written
};

}  // namespace portacl
