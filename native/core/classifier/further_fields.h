// Fields that classifiers do not sort rules by: whether TCP opens a connection, MAC addresses,
// VLAN, tenant network, GRE key. Rules that ask for them are asked one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "classifier/classifier.h"
#include "packet/packet_headers.h"
#include "program/program.h"

namespace portacl {

// What a packet shows in such a field. Source: docs/semantics/vfpctrl.md N20 to N23.
std::optional<uint64_t> further_value(ConditionField field, const PacketHeaders& packet);

// Rows of the group's rules that ask for one, ascending.
std::vector<uint32_t> rules_that_ask_further(const Program& program, const GroupRow& group);

// A group whose other rules a faster structure serves.
class FurtherClassifier final : public Classifier {
 public:
  // `others` leaves `rows` out.
  FurtherClassifier(const Program& program, const GroupRow& group, std::vector<uint32_t> rows,
                    std::unique_ptr<const Classifier> others);

  uint32_t find_first(const PacketHeaders& packet) const override;
  void find_first(std::span<const MatchKey4> keys, std::span<uint32_t> rows) const override;
  void find_first(std::span<const MatchKey6> keys, std::span<uint32_t> rows) const override;
  std::unique_ptr<const Classifier> moved_to(const Program& program,
                                             const GroupRow& group) const override;

 private:
  const Program& program_;
  Family family_;
  std::vector<uint32_t> rows_;
  std::unique_ptr<const Classifier> others_;
};

}  // namespace portacl
