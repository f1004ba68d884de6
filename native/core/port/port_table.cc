#include "port/port_table.h"

#include <algorithm>
#include <bit>

namespace portacl {

static_assert(static_cast<uint8_t>(Direction::kIn) == 1);

namespace {

// Compartments of more than one endpoint, ascending.
std::vector<uint32_t> shared_stacks(const Program& program) {
  std::vector<uint32_t> all, shared;
  for (const EndpointRow& endpoint : program.endpoints()) all.push_back(endpoint.compartment);
  std::ranges::sort(all);
  for (size_t i = 1; i < all.size(); ++i) {
    if (all[i] == all[i - 1]) shared.push_back(all[i]);
  }
  return shared;
}

}  // namespace

PortTable::PortTable(const Program& program, const HashSeed& seed)
    : program_(program),
      seed_(seed),
      fronts_(program),
      ipv4_slots_(std::bit_ceil(
          std::max<size_t>((program.addresses().size() + program.fronts().size()) * 8, 256))),
      ipv4_owners_(ipv4_slots_.data(), ipv4_slots_.size(), static_cast<uint32_t>(seed.words[3])) {
  const auto addresses = program.addresses();
  const size_t slots = std::bit_ceil(std::max<size_t>(addresses.size() * 4, 64));
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(slots));
  slots_.resize(slots);
  same_.assign(addresses.size(), kNoRow);
  for (uint32_t row = 0; row < addresses.size(); ++row) {
    const auto family = static_cast<Family>(addresses[row].family);
    const IpAddress address{addresses[row].hi, addresses[row].lo};
    auto& slot = const_cast<Slot&>(slot_of(family, address));
    const bool taken = slot.family != Family::kNone;
    if (taken) same_[row] = slot.first_row;
    slot = {address, family, taken ? kAmbiguous : addresses[row].endpoint, row};
  }
  for (const Slot& slot : slots_) {
    const auto address = static_cast<uint32_t>(slot.address.lo);
    if (slot.family == Family::kIpv4 && address != 0) ipv4_owners_.insert(address, slot.owner);
  }
  // What goes from one interface of a stack to another never leaves it: bind_one() is asked.
  const std::vector<uint32_t> shared = shared_stacks(program);
  for (const AddressRow& row : addresses) {
    const auto address = static_cast<uint32_t>(row.lo);
    const uint32_t stack = program.endpoints()[row.endpoint].compartment;
    if (row.family == 4 && address != 0 && std::ranges::binary_search(shared, stack)) {
      ipv4_owners_.insert(address, kAmbiguous);
    }
  }
  // Whose a front is, its address alone does not say: bind_one() is asked.
  for (const FrontRow& front : program.fronts()) {
    const auto address = static_cast<uint32_t>(front.lo);
    if (front.family == 4 && address != 0) ipv4_owners_.insert(address, kAmbiguous);
  }
}

// The slot that holds the address, or the free one where it would stand.
const PortTable::Slot& PortTable::slot_of(Family family, const IpAddress& address) const {
  for (uint64_t i = home(family, address);; i = (i + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[i];
    if (slot.family == Family::kNone || (slot.address == address && slot.family == family)) {
      return slot;
    }
  }
}

uint32_t PortTable::owner(Family family, const IpAddress& address, uint64_t mac) const {
  const uint32_t endpoint = owner(family, address);
  if (endpoint != kAmbiguous || mac == kNoMac) return endpoint;
  for (uint32_t row = slot_of(family, address).first_row; row != kNoRow; row = same_[row]) {
    const uint32_t candidate = program_.addresses()[row].endpoint;
    if (program_.endpoints()[candidate].mac == mac) return candidate;
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

void PortTable::bind_one(const PacketHeaders& packet, uint32_t index,
                         std::vector<PortBinding>& out) const {
  const auto nobody = [&](Reason why) { out.push_back({index, kNoRow, Direction::kOut, why}); };
  if (packet.family == Family::kNone) {
    // Source: docs/SEMANTICS.md 3.
    if (packet.result == ParseResult::kNotIp) return nobody(Reason::kNotIp);
    return nobody(packet.result == ParseResult::kCutLink ? Reason::kCutCapture
                                                         : Reason::kInvalidPacket);
  }
  if (!fronts_.empty() && bind_front(packet, index, out)) return;
  const uint32_t sender = is_unspecified(packet.source)
                              ? owner_of_mac(packet.source_mac)
                              : owner(packet.family, packet.source, packet.source_mac);
  if (is_multicast(packet.family, packet.destination) ||
      is_limited_broadcast(packet.family, packet.destination)) {
    return bind_group(index, sender, out);
  }
  const uint32_t receiver = owner(packet.family, packet.destination, packet.destination_mac);
  // Source: docs/SEMANTICS.md 2.4. What reaches the port of an endpoint is judged there.
  if (sender == kNoRow && receiver == kNoRow &&
      (is_loopback(packet.family, packet.source) ||
       is_loopback(packet.family, packet.destination))) {
    return nobody(Reason::kLoopback);
  }
  if (share_stack(sender, receiver)) return nobody(Reason::kOwnAddress);
  bind_pair(sender, receiver, index, out);
}

// Source: docs/semantics/actions.md 4. False for a packet that has nothing to do with a front here.
bool PortTable::bind_front(const PacketHeaders& packet, uint32_t index,
                           std::vector<PortBinding>& out) const {
  if (const TargetRow* target = fronts_.behind_destination(packet)) {
    const uint32_t sender = owner(packet.family, packet.source, packet.source_mac);
    const uint32_t receiver = target->endpoint;
    // An endpoint may be given its own request back: it sends it first.
    if (sender == receiver && sender != kNoRow) {
      out.push_back({index, sender, Direction::kOut, Reason::kRule});
    } else {
      bind_pair(sender, receiver, index, out);
    }
    return true;
  }
  const TargetRow* target = fronts_.behind_source(packet);
  if (target == nullptr || target->endpoint == kNoRow) return false;
  out.push_back(
      {index, target->endpoint, Direction::kOut, Reason::kRule, false, Captured::kAtFront});
  return true;
}

void PortTable::bind_receivers(const PacketHeaders& packet, uint32_t sender, uint32_t index,
                               std::vector<PortBinding>& out) const {
  if (is_multicast(packet.family, packet.destination) ||
      is_limited_broadcast(packet.family, packet.destination)) {
    const auto before = static_cast<ptrdiff_t>(out.size());
    bind_group(index, sender, out);
    const auto leaves = [](const PortBinding& to) { return to.direction != Direction::kIn; };
    out.erase(std::remove_if(out.begin() + before, out.end(), leaves), out.end());
    return;
  }
  const TargetRow* target = fronts_.behind_destination(packet);
  const uint32_t receiver = target != nullptr
                                ? target->endpoint
                                : owner(packet.family, packet.destination, packet.destination_mac);
  if (receiver == kNoRow || receiver == kAmbiguous || receiver == sender) return;
  out.push_back({index, receiver, Direction::kIn, Reason::kRule});
}

// Source: windows-firewall.md 5.2, step 5.
bool PortTable::share_stack(uint32_t one, uint32_t other) const {
  const auto endpoints = program_.endpoints();
  if (one >= endpoints.size() || other >= endpoints.size()) return false;
  return endpoints[one].compartment == endpoints[other].compartment;
}

// Source: docs/SEMANTICS.md 2.1, 2.3, 2.4.
void PortTable::bind_pair(uint32_t sender, uint32_t receiver, uint32_t index,
                          std::vector<PortBinding>& out) const {
  const auto nobody = [&](Reason why) { out.push_back({index, kNoRow, Direction::kOut, why}); };
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
    if (i == sender || endpoints[i].network == kNoRow) continue;
    if (sender != kNoRow && endpoints[i].network != endpoints[sender].network) continue;
    out.push_back({index, i, Direction::kIn, Reason::kRule});
  }
  if (out.size() == before) out.push_back({index, kNoRow, Direction::kOut, Reason::kNoEndpoint});
}

}  // namespace portacl
