// Rows of named columns as text: one JSON object a line, or CSV (RFC 4180) with a header line.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/text_sink.h"

namespace portacl {

enum class TableFormat : uint8_t { kJsonLines, kCsv };

// A row is a value for every column, in order, then end_row().
class TableWriter {
 public:
  // `sink` and `columns` must outlive this.
  TableWriter(TextSink& sink, TableFormat format, std::span<const std::string_view> columns)
      : sink_(sink), csv_(format == TableFormat::kCsv), columns_(columns) {
    if (!csv_) return;
    for (const std::string_view column : columns) {
      begin();
      sink_.append(column);
    }
    end_row();
  }

  template <std::integral Number>
  void number(Number value) {
    begin();
    sink_.append_number(value);
  }
  void nothing() {
    begin();
    if (!csv_) sink_.append(std::string_view("null"));
  }
  void text(std::string_view value) {
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
  // Null is nothing.
  void name(const char* value) { value == nullptr ? nothing() : text(value); }

  void end_row() {
    sink_.append(csv_ ? std::string_view("\r\n") : std::string_view("}\n"));
    column_ = 0;
  }

  TextSink& sink() { return sink_; }

 private:
  void begin() {
    if (csv_) {
      if (column_ > 0) sink_.append(',');
    } else {
      sink_.append(column_ == 0 ? std::string_view("{\"") : std::string_view(",\""));
      sink_.append(columns_[column_]);
      sink_.append(std::string_view("\":"));
    }
    ++column_;
  }

  TextSink& sink_;
  bool csv_;
  std::span<const std::string_view> columns_;
  size_t column_ = 0;
};

}  // namespace portacl
