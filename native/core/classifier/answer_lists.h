// What rules that meet the same addresses come to: the first of them for each class of ports.
//
// An answer is a number: where its words begin. The first word says where the positions of its
// port sets begin; behind it stand the rows of its rules, at last kNoRow:
//
//     row = words[answer + 1 + positions[words[answer] + port class]]
//
// Answers whose rules ask for the same ports, one after the other, share their positions; real
// sets have a few hundred of these for 100,000 answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "classifier/number_lists.h"
#include "classifier/port_product.h"

namespace portacl {

class AnswerLists {
 public:
  // `ports` and `budget` outlive the build.
  AnswerLists(const PortProduct& ports, BuildBudget& budget);

  static constexpr uint32_t kFull = 0xFFFFFFFF;
  // The answer of no rule.
  static constexpr uint32_t kNone = 0;

  // The answer of rules[i] for i in `members`, which ascend; kFull when the budget is spent.
  uint32_t answer_of(std::span<const RankedRule> rules, std::span<const uint32_t> members);

  const std::vector<uint32_t>& words() const { return words_; }
  const std::vector<uint16_t>& positions() const { return positions_; }
  uint16_t position_max() const { return position_max_; }
  // Drops what only answer_of() needs.
  void finish_build();

 private:
  // Where the positions of these port sets begin.
  uint32_t positions_of(std::span<const uint32_t> port_sets);

  const PortProduct* ports_;
  BuildBudget* budget_;
  NumberLists answers_, sequences_;
  std::vector<uint32_t> begin_of_answer_, begin_of_sequence_;
  std::vector<uint32_t> words_;
  std::vector<uint16_t> positions_;
  std::vector<uint32_t> rows_, port_sets_;  // of one answer
  std::vector<uint32_t> seen_in_;           // by port set: the last answer that has it
  uint32_t turn_ = 0;
  uint16_t position_max_ = 0;
};

}  // namespace portacl
