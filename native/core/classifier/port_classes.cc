#include "classifier/port_classes.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

namespace portacl {
namespace {

constexpr uint32_t kPortValues = 65'536;
constexpr uint32_t kProtocolValues = 1024;  // protocol | shows << 8

// What a rule asks of ports and protocol, as one comparable value.
std::vector<uint32_t> text_of(const GroupRules& group, const GroupRule& rule) {
  std::vector<uint32_t> text;
  for (const FieldRun* run :
       {&rule.source_port, &rule.destination_port, &rule.protocol, &rule.icmp}) {
    text.push_back(run->any ? 0xFFFFFFFF : run->count);
    if (run->any) continue;
    for (const PortInterval& interval : group.numbers(*run)) {
      text.push_back(static_cast<uint32_t>(interval.from) << 16 | interval.to);
    }
  }
  return text;
}

bool asks_nothing(const GroupRule& rule) {
  return rule.source_port.any && rule.destination_port.any && rule.protocol.any && rule.icmp.any;
}

}  // namespace

PortClasses::PortClasses(const GroupRules& group) {
  protocol_ranges_.push_back({0, 0, kProtocolValues - 1});
  source_ranges_.push_back({0, 0, kPortValues - 1});
  destination_ranges_.push_back({0, 0, kPortValues - 1});
  number_sets(group);
  source_ = classes_of(std::move(source_ranges_), kPortValues);
  destination_ = classes_of(std::move(destination_ranges_), kPortValues);
  protocol_ = classes_of(std::move(protocol_ranges_), kProtocolValues);
}

void PortClasses::number_sets(const GroupRules& group) {
  std::map<std::vector<uint32_t>, uint32_t> numbers;
  uint32_t bounds = 0;
  set_of_rule_.reserve(group.rules().size());
  for (const GroupRule& rule : group.rules()) {
    if (asks_nothing(rule)) {
      set_of_rule_.push_back(0);
      continue;
    }
    const auto [at, is_new] = numbers.emplace(text_of(group, rule), set_count_);
    if (is_new) {
      const uint32_t added =
          2 * (rule.source_port.count + rule.destination_port.count + rule.icmp.count);
      if (set_count_ == kSetsMax || bounds + added > kBoundsMax) {
        at->second = kBeyond;
      } else {
        bounds += added;
        admit(group, rule);
      }
    }
    set_of_rule_.push_back(at->second);
  }
}

void PortClasses::admit(const GroupRules& group, const GroupRule& rule) {
  const uint32_t set = set_count_++;
  const auto ports = [&](const FieldRun& run, std::vector<Range>& out) {
    if (run.any) {
      out.push_back({set, 0, kPortValues - 1});
      return;
    }
    for (const PortInterval& i : group.numbers(run)) out.push_back({set, i.from, i.to});
  };
  // Type and code stand where the source port would.
  ports(rule.icmp.any ? rule.source_port : rule.icmp, source_ranges_);
  ports(rule.destination_port, destination_ranges_);
  // Source: docs/SEMANTICS.md 4.4, a packet without ports never meets a port condition.
  const bool asks_ports = !rule.source_port.any || !rule.destination_port.any;
  const auto protocols = [&](uint32_t from, uint32_t to) {
    for (const Shows shows : {Shows::kNothing, Shows::kPorts, Shows::kIcmpType}) {
      if (asks_ports && shows != Shows::kPorts) continue;
      if (!rule.icmp.any && shows != Shows::kIcmpType) continue;
      const auto page = static_cast<uint32_t>(shows) << 8;
      protocol_ranges_.push_back({set, from | page, to | page});
    }
  };
  if (rule.protocol.any) {
    protocols(0, 255);
  } else {
    for (const PortInterval& i : group.numbers(rule.protocol)) protocols(i.from, i.to);
  }
}

PortClasses::Field PortClasses::classes_of(std::vector<Range> ranges, uint32_t values) const {
  // Where a range begins or has ended its set is flipped.
  std::vector<std::pair<uint32_t, uint32_t>> flips;
  flips.reserve(ranges.size() * 2);
  uint32_t used_bits = values;
  for (const Range& range : ranges) {
    flips.emplace_back(range.from, range.set);
    flips.emplace_back(range.to + 1, range.set);
    used_bits |= range.from | (range.to + 1);
  }
  std::sort(flips.begin(), flips.end());

  Field field;
  field.shift = static_cast<uint32_t>(std::countr_zero(used_bits));
  field.classes.resize(values >> field.shift);
  BitClasses classes(words(), values);
  BitWords set(words(), 0);
  for (size_t i = 0; i < flips.size();) {
    const uint32_t from = flips[i].first;
    if (from == values) break;
    for (; i < flips.size() && flips[i].first == from; ++i) flip_bit(set, flips[i].second);
    const uint32_t to = i < flips.size() ? flips[i].first : values;
    std::fill(field.classes.begin() + (from >> field.shift),
              field.classes.begin() + (to >> field.shift),
              static_cast<uint16_t>(classes.class_of(set)));
  }
  field.count = classes.count();
  for (uint32_t number = 0; number < field.count; ++number) {
    const auto bits = classes.set(number);
    field.sets.insert(field.sets.end(), bits.begin(), bits.end());
  }
  return field;
}

size_t PortClasses::bytes() const {
  size_t sum = 0;
  for (const Field* field : {&source_, &destination_, &protocol_}) {
    sum += field->classes.size() * sizeof(uint16_t) + field->sets.size() * sizeof(uint64_t);
  }
  return sum;
}

}  // namespace portacl
