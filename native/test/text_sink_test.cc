#include "base/text_sink.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/ip_text.h"

namespace portacl {
namespace {

template <class Append>
std::string text_of(Append append) {
  StringSink sink;
  append(sink);
  return sink.text();
}

TEST(TextSink, KeepsWhatIsLongerThanItsBuffer) {
  StringSink sink;
  std::string expected;
  for (int i = 0; i < 20000; ++i) {
    sink.append("line ");
    sink.append_number(i);
    sink.append('\n');
    expected += "line " + std::to_string(i) + "\n";
  }
  const std::string large(3 * TextSink::kBufferBytes + 17, 'x');
  sink.append(large);
  EXPECT_EQ(sink.text(), expected + large);
  EXPECT_EQ(sink.bytes_written(), expected.size() + large.size());
}

TEST(TextSink, WritesNumbers) {
  EXPECT_EQ(text_of([](auto& s) { s.append_number(std::numeric_limits<int64_t>::min()); }),
            "-9223372036854775808");
  EXPECT_EQ(text_of([](auto& s) { s.append_number(std::numeric_limits<uint64_t>::max()); }),
            "18446744073709551615");
  EXPECT_EQ(text_of([](auto& s) { s.append_number(uint8_t{65}); }), "65");
  EXPECT_EQ(text_of([](auto& s) { s.append_padded(42, 9); }), "000000042");
  EXPECT_EQ(text_of([](auto& s) { s.append_padded(1234, 2); }), "1234");
  EXPECT_EQ(text_of([](auto& s) { s.append_padded(1, 99); }), "00000000000000000001");
  const uint8_t bytes[] = {0x00, 0xAB, 0x0F};
  EXPECT_EQ(text_of([&](auto& s) { s.append_hex(bytes, 3, ":"); }), "00:ab:0f");
}

struct JsonCase {
  std::string_view text;
  std::string_view json;
};

TEST(TextSink, WritesValidJsonWhateverTheBytes) {
  const JsonCase cases[] = {
      {"plain", "\"plain\""},
      {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
      {"\n\t\x01\x1F", "\"\\n\\t\\u0001\\u001f\""},
      {{"\0", 1}, "\"\\u0000\""},
      {"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\""},
      {"\xFF", "\"\xEF\xBF\xBD\""},
      {"\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},                  // overlong
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},  // surrogate
      {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},  // cut
  };
  for (const JsonCase& c : cases) {
    EXPECT_EQ(text_of([&](auto& s) { s.append_json(c.text); }), c.json);
  }
}

class StoppingSink final : public TextSink {
 protected:
  bool write(const char*, size_t) override {
    stop({});
    return false;
  }
};

TEST(TextSink, SwallowsWhatFollowsAStop) {
  StoppingSink sink;
  for (int i = 0; i < 100000; ++i) sink.append_number(i);
  EXPECT_FALSE(sink.flush());
  EXPECT_TRUE(sink.stopped());
  EXPECT_TRUE(sink.status().ok());
  EXPECT_EQ(sink.bytes_written(), 0u);
}

TEST(IpText, WritesAddressesAsRfc5952) {
  const auto ipv6 = [](uint64_t hi, uint64_t lo) {
    return text_of([=](auto& s) { append_address(s, Family::kIpv6, {hi, lo}); });
  };
  EXPECT_EQ(text_of([](auto& s) {
              append_address(s, Family::kIpv4, {0, 0x0A0001FF});
            }),
            "10.0.1.255");
  EXPECT_EQ(ipv6(0, 0), "::");
  EXPECT_EQ(ipv6(0, 1), "::1");
  EXPECT_EQ(ipv6(1ull << 48, 0), "1::");
  EXPECT_EQ(ipv6(0x20010DB800000000, 0x0000000100000001), "2001:db8::1:0:1");
  EXPECT_EQ(ipv6(0x20010DB800000001, 0x0001000100010001), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(ipv6(0x2001000000000001, 0x0000000000000001), "2001:0:0:1::1");
  EXPECT_EQ(ipv6(0x2001000000000001, 0x0000000000010001), "2001::1:0:0:1:1");
  EXPECT_EQ(ipv6(0xFE80000000000000, 0x02155DFFFE0A0105), "fe80::215:5dff:fe0a:105");
  EXPECT_EQ(ipv6(0, 0x0000FFFF0A000001), "::ffff:10.0.0.1");
}

}  // namespace
}  // namespace portacl
