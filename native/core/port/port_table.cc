#include "port/port_table.h"

#include <bit>

namespace portacl {

PortTable::PortTable(const Program& program, const HashSeed& seed)
    : program_(program), seed_(seed) {
  const auto addresses = program.addresses();
  slots_.assign(std::bit_ceil(addresses.size() * 2 + 1), 0);
  same_.assign(addresses.size(), kNoRow);
  for (uint32_t row = 0; row < addresses.size(); ++row) {
    const auto family = static_cast<Family>(addresses[row].family);
    uint32_t& slot = slots_[slot_of(family, {addresses[row].hi, addresses[row].lo})];
    if (slot != 0) same_[row] = slot - 1;
    slot = row + 1;
  }
}

// The slot that holds the address, or the free one where it would stand.
uint32_t PortTable::slot_of(Family family, const IpAddress& address) const {
  const auto mask = static_cast<uint32_t>(slots_.size() - 1);
  const uint64_t hash = fold_multiply(address.hi ^ seed_.words[0] ^ static_cast<uint64_t>(family),
                                      address.lo ^ seed_.words[1]);
  for (auto i = static_cast<uint32_t>(hash) & mask;; i = (i + 1) & mask) {
    if (slots_[i] == 0) return i;
    const AddressRow& row = program_.addresses()[slots_[i] - 1];
    if (row.lo == address.lo && row.hi == address.hi && row.family == static_cast<uint32_t>(family))
      return i;
  }
}

uint32_t PortTable::owner(Family family, const IpAddress& address, uint64_t mac) const {
  const uint32_t slot = slots_[slot_of(family, address)];
  if (slot == 0) return kNoRow;
  const uint32_t first = slot - 1;
  if (same_[first] == kNoRow) return program_.addresses()[first].endpoint;
  // Several networks use the address: the MAC decides. Source: docs/SEMANTICS.md 2.1.
  for (uint32_t row = first; row != kNoRow; row = same_[row]) {
    const uint32_t endpoint = program_.addresses()[row].endpoint;
    if (mac != kNoMac && program_.endpoints()[endpoint].mac == mac) return endpoint;
  }
  return kAmbiguous;
}

uint32_t PortTable::owner_of_mac(uint64_t mac) const {
  if (mac == kNoMac) return kNoRow;
  const auto endpoints = program_.endpoints();
  for (uint32_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].mac == mac) return i;
  }
  return kNoRow;
}

void PortTable::bind(std::span<const PacketHeaders> packets, std::vector<PortBinding>& out) const {
  for (uint32_t i = 0; i < packets.size(); ++i) bind_one(packets[i], i, out);
}

void PortTable::bind_one(const PacketHeaders& packet, uint32_t index,
                         std::vector<PortBinding>& out) const {
  const auto nobody = [&](Reason why) { out.push_back({index, kNoRow, Direction::kOut, why}); };
  if (packet.family == Family::kNone) {
    // Source: docs/SEMANTICS.md 3.
    if (packet.result == ParseResult::kNotIp) return nobody(Reason::kNotIp);
    return nobody(packet.result == ParseResult::kCutLink ? Reason::kCutCapture
                                                         : Reason::kInvalidPacket);
  }
  // Source: docs/SEMANTICS.md 2.4.
  if (is_loopback(packet.family, packet.source) || is_loopback(packet.family, packet.destination)) {
    return nobody(Reason::kLoopback);
  }
  const uint32_t sender = is_unspecified(packet.source)
                              ? owner_of_mac(packet.source_mac)
                              : owner(packet.family, packet.source, packet.source_mac);
  if (is_multicast(packet.family, packet.destination) ||
      is_limited_broadcast(packet.family, packet.destination)) {
    return bind_group(index, sender, out);
  }
  const uint32_t receiver = owner(packet.family, packet.destination, packet.destination_mac);
  if (sender == kAmbiguous || receiver == kAmbiguous) return nobody(Reason::kAmbiguousEndpoint);
  if (sender == kNoRow && receiver == kNoRow) return nobody(Reason::kNoEndpoint);
  if (sender == receiver) return nobody(Reason::kOwnAddress);
  if (sender != kNoRow) out.push_back({index, sender, Direction::kOut, Reason::kRule});
  if (receiver != kNoRow) out.push_back({index, receiver, Direction::kIn, Reason::kRule});
}

// Source: docs/SEMANTICS.md 2.2.
void PortTable::bind_group(uint32_t index, uint32_t sender, std::vector<PortBinding>& out) const {
  if (sender == kAmbiguous) {
    out.push_back({index, kNoRow, Direction::kOut, Reason::kAmbiguousEndpoint});
    return;
  }
  const auto endpoints = program_.endpoints();
  const size_t before = out.size();
  if (sender != kNoRow) out.push_back({index, sender, Direction::kOut, Reason::kRule});
  for (uint32_t i = 0; i < endpoints.size(); ++i) {
    if (i == sender) continue;
    if (sender != kNoRow && endpoints[i].network != endpoints[sender].network) continue;
    out.push_back({index, i, Direction::kIn, Reason::kRule});
  }
  if (out.size() == before) out.push_back({index, kNoRow, Direction::kOut, Reason::kNoEndpoint});
}

}  // namespace portacl
