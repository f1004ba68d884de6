#include "packet/rewrite.h"

#include "packet/header_walk.h"
#include "packet/protocols.h"

namespace portacl {
namespace {

// What 16-bit words that are replaced do to a sum over them.
class SumChange {
 public:
  void replace(uint16_t before, uint16_t after) {
    sum_ += static_cast<uint16_t>(~before);
    sum_ += after;
  }
  void add(const SumChange& other) { sum_ += other.sum_; }

  uint16_t applied_to(uint16_t checksum) const {
    uint64_t sum = static_cast<uint16_t>(~checksum) + sum_;
    while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
  }

 private:
  uint64_t sum_ = 0;
};

void put_be16(uint8_t* at, uint16_t value, SumChange& change) {
  change.replace(load_be16(at), value);
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

void put_bits(uint8_t* at, uint64_t value, uint32_t bytes, SumChange& change) {
  for (uint32_t i = 0; i < bytes; i += 2) {
    put_be16(at + i, static_cast<uint16_t>(value >> (bytes - 2 - i) * 8), change);
  }
}

// Where the headers of the outermost IP group stand.
struct Places : SilentVisitor {
  static constexpr bool kTunnels = false;

  explicit Places(const uint8_t* bytes) : base(bytes) {}

  void ipv4(const Ipv4Header& header) {
    family = Family::kIpv4;
    ip = place(header.bytes);
  }
  void ipv6(const Ipv6Header& header) {
    family = Family::kIpv6;
    ip = place(header.bytes);
  }
  void protocol(uint8_t number) { above = number; }
  void transport(const uint8_t* bytes, uint32_t captured, bool whole) {
    upper = place(bytes);
    upper_bytes = captured;
    is_whole = whole;
  }
  void quoted(const uint8_t* bytes, uint32_t size) {
    quote = place(bytes);
    quote_bytes = size;
  }

  uint32_t place(const uint8_t* at) const { return static_cast<uint32_t>(at - base); }

  const uint8_t* base;
  Family family = Family::kNone;
  uint8_t above = 0;         // protocol number
  uint32_t ip = 0;           // offsets of headers
  uint32_t upper = 0;        // of the transport header, with
  uint32_t upper_bytes = 0;  // as many captured bytes from there on; 0: there is none
  bool is_whole = false;     // these are all that the datagram has
  uint32_t quote = 0;
  uint32_t quote_bytes = 0;  // 0: nothing is quoted
};

// From RFC 3309: CRC32c, reflected, as SCTP writes it.
uint32_t sctp_checksum(const uint8_t* bytes, uint32_t size) {
  constexpr uint32_t kChecksumAt = 8;
  uint32_t crc = 0xFFFFFFFF;
  for (uint32_t i = 0; i < size; ++i) {
    crc ^= i >= kChecksumAt && i < kChecksumAt + 4 ? 0 : bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
  }
  return ~crc;
}

uint32_t load_le32(const uint8_t* at) {
  return at[0] | at[1] << 8 | at[2] << 16 | static_cast<uint32_t>(at[3]) << 24;
}

void write_addresses(const Places& at, const PacketEnds& ends, uint8_t* bytes, SumChange& change) {
  uint8_t* const ip = bytes + at.ip;
  if (at.family == Family::kIpv4) {
    put_bits(ip + 12, ends.source.lo, 4, change);
    put_bits(ip + 16, ends.destination.lo, 4, change);
    return;
  }
  put_bits(ip + 8, ends.source.hi, 8, change);
  put_bits(ip + 16, ends.source.lo, 8, change);
  put_bits(ip + 24, ends.destination.hi, 8, change);
  put_bits(ip + 32, ends.destination.lo, 8, change);
}

// Of the transport header, where one is captured so far.
struct ChecksumPlace {
  uint32_t offset = 0;
  bool exists = false;
  bool covers_addresses = false;
};

ChecksumPlace checksum_of(const Places& at, const uint8_t* bytes) {
  const auto place = [&](uint32_t offset, bool covers_addresses) {
    return ChecksumPlace{at.upper + offset, at.upper_bytes >= offset + 2, covers_addresses};
  };
  switch (at.above) {
    case ip_protocol::kTcp:
      return place(16, true);
    case ip_protocol::kUdp: {
      ChecksumPlace udp = place(6, true);
      udp.exists = udp.exists && load_be16(bytes + udp.offset) != 0;
      return udp;
    }
    case ip_protocol::kUdpLite:
    case ip_protocol::kDccp:
      return place(6, true);
    case ip_protocol::kIcmp:
      return place(2, false);
    case ip_protocol::kIcmpv6:
      return place(2, true);
  }
  return {};
}

// Writes the ends into one IP group. `inner` is what has changed in its payload; what this changes
// in all is added to `outer`.
void write_group(const Places& at, const PacketEnds& ends, const SumChange& inner, uint8_t* bytes,
                 SumChange& outer) {
  SumChange addresses, header, payload = inner;
  write_addresses(at, ends, bytes, addresses);
  if (at.family == Family::kIpv4) {
    uint8_t* const checksum = bytes + at.ip + 10;
    put_be16(checksum, addresses.applied_to(load_be16(checksum)), header);
  }
  uint8_t* const upper = bytes + at.upper;
  const bool sctp = at.above == ip_protocol::kSctp && at.is_whole && at.upper_bytes >= 12 &&
                    load_le32(upper + 8) == sctp_checksum(upper, at.upper_bytes);
  if (has_ports(at.above) && at.upper_bytes >= 4) {
    put_be16(upper, ends.source_port, payload);
    put_be16(upper + 2, ends.destination_port, payload);
  }
  if (const ChecksumPlace place = checksum_of(at, bytes); place.exists) {
    SumChange covered = payload;
    if (place.covers_addresses) covered.add(addresses);
    uint16_t sum = covered.applied_to(load_be16(bytes + place.offset));
    // Zero would say that there is none.
    if (sum == 0 && at.above == ip_protocol::kUdp) sum = 0xFFFF;
    put_be16(bytes + place.offset, sum, payload);
  }
  if (sctp) {
    const uint32_t crc = sctp_checksum(upper, at.upper_bytes);
    put_be16(upper + 8, static_cast<uint16_t>((crc & 0xFF) << 8 | (crc >> 8 & 0xFF)), payload);
    put_be16(upper + 10, static_cast<uint16_t>((crc >> 16 & 0xFF) << 8 | crc >> 24), payload);
  }
  outer.add(addresses);
  outer.add(header);
  outer.add(payload);
}

}  // namespace

void rewrite(const CaptureRecord& packet, const Departure& departure, uint8_t* bytes,
             uint8_t* outside) {
  Places places(packet.bytes);
  HeaderWalk<Places>(places).walk(packet);
  if (places.family == Family::kNone) return;
  SumChange quoted, all;
  if (departure.has_quoted && places.quote_bytes > 0) {
    Places inside(packet.bytes);
    HeaderWalk<Places>(inside).walk_quoted(places.family, packet.bytes + places.quote,
                                           places.quote_bytes);
    if (inside.family == places.family) {
      write_group(inside, departure.quoted, {}, bytes, quoted);
    }
  }
  write_group(places, departure.ends, quoted, bytes, all);
  if (outside == nullptr || load_be16(outside) == 0) return;
  const uint16_t sum = all.applied_to(load_be16(outside));
  SumChange unread;
  put_be16(outside, sum == 0 ? 0xFFFF : sum, unread);
}

}  // namespace portacl
