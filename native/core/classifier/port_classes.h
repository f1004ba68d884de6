// Ports and protocols of a group: which conditions on them occur (port sets), and for each value
// of each field its class, so that whether a packet is in a port set is three bits.
//
// Even 100,000 ClassBench rules have at most about 2,000 different port sets, so a rule names its
// set by number. Conditions with lists need no expansion: a set is whatever a rule says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "classifier/bit_classes.h"
#include "classifier/group_rules.h"
#include "classifier/kernels/ranked_view.h"

namespace portacl {

class PortClasses {
 public:
  // Limits of a group; rules with sets beyond them are told apart by asking their conditions.
  static constexpr uint32_t kSetsMax = 4096;
  static constexpr uint32_t kBoundsMax = 16'384;

  // Set 0 holds for every packet; rules whose own set is beyond the limits are given kBeyond.
  static constexpr uint32_t kBeyond = 0xFFFFFFFF;

  explicit PortClasses(const GroupRules& group);

  // The port set of rules()[i].
  uint32_t set_of(size_t rule) const { return set_of_rule_[rule]; }
  uint32_t set_count() const { return set_count_; }

  // Classes of one field and the sets that each is part of.
  struct Field {
    std::vector<uint16_t> classes;  // by value >> shift
    uint32_t shift = 0;
    uint32_t count = 0;
    std::vector<uint64_t> sets;  // by class, words() each
  };
  const Field& source() const { return source_; }
  const Field& destination() const { return destination_; }
  const Field& protocol() const { return protocol_; }  // by protocol | shows << 8
  uint32_t words() const { return words_for(set_count_); }
  size_t bytes() const;

 private:
  struct Range {
    uint32_t set;
    uint32_t from;
    uint32_t to;
  };
  void number_sets(const GroupRules& group);
  void admit(const GroupRules& group, const GroupRule& rule);
  Field classes_of(std::vector<Range> ranges, uint32_t values) const;

  uint32_t set_count_ = 1;
  std::vector<uint32_t> set_of_rule_;
  std::vector<Range> source_ranges_, destination_ranges_, protocol_ranges_;
  Field source_, destination_, protocol_;
};

}  // namespace portacl
