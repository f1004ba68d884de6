// A table that is written row by row: a value for every column, in order, then end_row().
// text_table.h writes lines, parquet_table.h a file of columns.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/text_sink.h"

namespace portacl {

enum class TableFormat : uint8_t { kJsonLines, kCsv, kParquet };

// What a column holds besides nothing; only formats that have types tell them apart.
enum class ColumnType : uint8_t { kBool, kUint8, kUint16, kUint64, kInt64, kText };

struct TableColumn {
  std::string_view name;
  ColumnType type;
};

class Table {
 public:
  virtual ~Table() = default;

  template <std::integral Number>
  void number(Number value) {
    if constexpr (std::signed_integral<Number>) {
      put_signed(value);
    } else {
      put_unsigned(value);
    }
  }
  virtual void nothing() = 0;
  virtual void boolean(bool value) = 0;
  // UTF-8.
  virtual void text(std::string_view value) = 0;
  // Null is nothing.
  void name(const char* value) { value == nullptr ? nothing() : text(value); }
  virtual void end_row() = 0;

  // No more rows come. Told once.
  virtual void finish() {}

 private:
  virtual void put_unsigned(uint64_t value) = 0;
  virtual void put_signed(int64_t value) = 0;
};

// `sink` and `columns` must outlive the table.
std::unique_ptr<Table> make_table(TextSink& sink, TableFormat format,
                                  std::span<const TableColumn> columns);

}  // namespace portacl
