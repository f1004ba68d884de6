// The rules of one group, resolved for a build: per rule and field the sorted, disjoint intervals
// that hold. Several conditions on one field are intersected; a rule that no packet can meet is
// left out, and so are those that FurtherClassifier asks.
//
// Between Program (bytes, any order) and the builders of structures. Lives during a build only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ip.h"
#include "program/program.h"

namespace portacl {

struct AddressInterval {
  IpAddress from;
  IpAddress to;  // included
};

struct PortInterval {
  uint16_t from;
  uint16_t to;  // included
  friend auto operator<=>(const PortInterval&, const PortInterval&) = default;
};

// One field of one rule. Without a condition `any` is true and there are no intervals.
struct FieldRun {
  uint32_t first = 0;
  uint32_t count = 0;
  bool any = true;
};

struct GroupRule {
  uint32_t row = 0;                        // of the group, from 0
  FieldRun source, destination;            // into addresses()
  FieldRun source_port, destination_port;  // into numbers()
  FieldRun protocol;                       // into numbers(), 0 to 255
  FieldRun icmp;                           // into numbers(), type << 8 | code
};

class GroupRules {
 public:
  GroupRules(const Program& program, const GroupRow& group);

  std::span<const GroupRule> rules() const { return rules_; }
  std::span<const AddressInterval> addresses(const FieldRun& run) const {
    return std::span(addresses_).subspan(run.first, run.count);
  }
  std::span<const PortInterval> numbers(const FieldRun& run) const {
    return std::span(numbers_).subspan(run.first, run.count);
  }
  Family family() const { return family_; }

 private:
  bool resolve(const Program& program, const RuleRow& row, GroupRule& rule);

  Family family_;
  std::vector<GroupRule> rules_;
  std::vector<AddressInterval> addresses_;
  std::vector<PortInterval> numbers_;
};

}  // namespace portacl
