// Thrift's compact protocol, as far as the headers and the footer of a Parquet file need it.
// Source: apache/thrift, doc/specs/thrift-compact-protocol.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace portacl {

// Fields of a struct are written in the order of their ids.
class ThriftWriter {
 public:
  enum class Type : uint8_t {
    kTrue = 1,
    kFalse = 2,
    kI8 = 3,
    kI16 = 4,
    kI32 = 5,
    kI64 = 6,
    kText = 8,
    kList = 9,
    kStruct = 12
  };

  void boolean(int16_t id, bool value) { field(id, value ? Type::kTrue : Type::kFalse); }
  void i8(int16_t id, int8_t value) {
    field(id, Type::kI8);
    bytes_ += static_cast<char>(value);
  }
  void i32(int16_t id, int32_t value) {
    field(id, Type::kI32);
    zigzag(value);
  }
  void i64(int16_t id, int64_t value) {
    field(id, Type::kI64);
    zigzag(value);
  }
  void text(int16_t id, std::string_view value) {
    field(id, Type::kText);
    element(value);
  }
  void begin_struct(int16_t id) {
    field(id, Type::kStruct);
    begin_element();
  }
  // A list of `size` elements follows.
  void list(int16_t id, Type of, size_t size) {
    field(id, Type::kList);
    const auto type = static_cast<uint8_t>(of);
    if (size < 15) {
      bytes_ += static_cast<char>(size << 4 | type);
    } else {
      bytes_ += static_cast<char>(0xF0 | type);
      varint(size);
    }
  }

  // Elements of a list.
  void element(std::string_view value) {
    varint(value.size());
    bytes_ += value;
  }
  void element(int32_t value) { zigzag(value); }
  void begin_element() {
    outer_ids_.push_back(last_id_);
    last_id_ = 0;
  }

  // Of a struct, an element, or the whole.
  void end() {
    bytes_ += '\0';
    if (outer_ids_.empty()) return;
    last_id_ = outer_ids_.back();
    outer_ids_.pop_back();
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void field(int16_t id, Type type) {
    const int delta = id - last_id_;
    if (delta > 0 && delta <= 15) {
      bytes_ += static_cast<char>(delta << 4 | static_cast<int>(type));
    } else {
      bytes_ += static_cast<char>(type);
      zigzag(id);
    }
    last_id_ = id;
  }
  void zigzag(int64_t value) {
    varint(static_cast<uint64_t>(value) << 1 ^ (value < 0 ? ~uint64_t{0} : 0));
  }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
  int16_t last_id_ = 0;
  std::vector<int16_t> outer_ids_;
};

}  // namespace portacl
