// First match in one group: which of its rules does a packet meet first?
//
// The rules of a group stand in order of evaluation (priority and tie-break are applied when the
// program is made), so every algorithm answers the same question: the smallest rule row whose
// conditions all hold. A condition looks at the outermost header group.
// Source: docs/SEMANTICS.md 2, 4.4.
//
// Algorithms, chosen by group when a program is loaded (build.cc); the contract suite
// (native/test/classifier_contract_test.cc) holds each of them, with each kernel, against the
// first:
//
//   linear   every rule in turn (linear.cc). The reference; it stays for ever, and it is what
//            groups of a few rules use.
//   tables   ranks of both addresses, then cross products of classes: a dozen loads, no branch
//            (class_tables.h). Sets of up to some thousand rules.
//   rows     ranks, then the same cross products as sparse rows: two dozen loads, no branch
//            (pair_rows.h). Any size; best while they stay in the caches.
//   lists    ranks, then the short list of the rules that narrow an address to this rank
//            (interval_lists.h). Any size, about 16 bytes a rule.
//   both     lists, and tables for the rules that narrow neither address.
//
// Lists and ranges of conditions are never multiplied out: ranks and classes are made of the bounds
// that occur. What could grow (classes, entries) has a named limit; beyond it the next algorithm
// serves, at last one list whose candidates are checked against the program.
//
// A policy that follows another one shares with it the searches of groups whose conditions are
// equal, and asks a large group that differs in few rules through the search it had until its own
// is built (group_classifiers.h, overlay_classifier.h).
//
// Invariants.
//  1. Read by any number of threads. Immutable once built, but for the moment at which an overlay
//     is relieved by a search of its own.
//  2. The answer depends neither on the algorithm, nor on the kernel, nor on that moment.
//  3. No memory is taken by a search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "classifier/kernels/kernel.h"
#include "classifier/match_key.h"
#include "packet/packet_headers.h"
#include "program/program.h"

namespace portacl {

// Whether all conditions of `rule`, a rule of a group of `family`, hold. Requires: the packet is
// of that family.
bool rule_matches(const Program& program, const RuleRow& rule, Family family,
                  const PacketHeaders& packet);

// Which value of a condition of such a rule the packet meets, from 0, or kNoRow for none.
// Requires: the same.
uint32_t find_value(const Program& program, const ConditionRow& condition, Family family,
                    const PacketHeaders& packet);

// Why a rule was not taken, for people.
struct Mismatch {
  uint32_t condition = kNoRow;  // row of the first condition that does not hold; kNoRow: all hold
  uint32_t count = 0;           // conditions that do not hold
};

// Looks at every condition of a rule where rule_matches() stops at the first that fails.
// Requires: the same.
Mismatch find_mismatch(const Program& program, const RuleRow& rule, Family family,
                       const PacketHeaders& packet);

// The row of the first rule of `group` that matches, or kNoRow. Linear in the rules.
uint32_t find_first(const Program& program, const GroupRow& group, const PacketHeaders& packet);

enum class Algorithm : uint8_t { kLinear, kTables, kRows, kLists, kBoth };

const char* algorithm_name(Algorithm algorithm);
std::optional<Algorithm> find_algorithm(std::string_view name);

// An algorithm that was tried and refused, and what for.
struct Refusal {
  Algorithm algorithm;
  const char* stage;  // what was being made, a phrase
  uint64_t bytes;     // asked for until then; at least what it would have taken
  uint64_t bytes_max;
  uint64_t work;  // the same in 64-bit words touched
  uint64_t work_max;
};

// What was built, and why.
struct ClassifierFacts {
  Algorithm algorithm = Algorithm::kLinear;
  const char* reason = "";  // a phrase
  uint32_t rules = 0;
  uint32_t table_rules = 0;       // of these, in class tables
  uint32_t everywhere_rules = 0;  // of these, in the list for every packet
  uint32_t longest_list = 0;      // entries
  size_t bytes = 0;               // of the structure, the program's own rows not counted
  std::vector<Refusal> refusals;  // of what was tried before, in order
};

class PendingSearch;  // overlay_classifier.h

class Classifier {
 public:
  virtual ~Classifier() = default;

  // The row of the first rule that matches, or kNoRow. Requires: a packet of the group's family.
  virtual uint32_t find_first(const PacketHeaders& packet) const = 0;

  // The same for a batch, overlapping the misses of its packets: rows[i] is the answer to keys[i];
  // same length. Requires: the key of the group's family.
  virtual void find_first(std::span<const MatchKey4> keys, std::span<uint32_t> rows) const = 0;
  virtual void find_first(std::span<const MatchKey6> keys, std::span<uint32_t> rows) const = 0;

  // The same search for a group of another program, or another group, that has the same conditions
  // in the same order. Both outlive the result.
  virtual std::unique_ptr<const Classifier> moved_to(const Program& program,
                                                     const GroupRow& group) const = 0;

  // What will answer in the place of this one, or null.
  virtual PendingSearch* pending() const { return nullptr; }

  virtual const ClassifierFacts& facts() const { return facts_; }

 protected:
  ClassifierFacts facts_;
};

struct ClassifierOptions {
  const Kernel* kernel = nullptr;  // null: the best this CPU has
  // Limits of one group. Tables within both serve all of a group's rules.
  size_t table_bytes_max = 16 << 20;
  uint64_t table_work_max = 200'000'000;  // about nanoseconds
  // Rows may take that much more for each rule. Beyond the second limit they are slower than lists
  // with tables, which touch fewer lines of memory (docs/PERFORMANCE.md), and tried after these.
  uint32_t row_bytes_max = 256;
  size_t quick_row_bytes_max = 9 << 20;
  // Ranks of one field that a rule in lists may hold for, and entries of all lists for each rule of
  // the group, on average.
  uint32_t list_ranks_max = 64;
  uint32_t list_entries_max = 16;
  // Of a program: groups are served largest first, those beyond are searched linearly.
  size_t program_bytes_max = 256 << 20;
  // Structures have parts that are as large for five rules as for a thousand, and are cold where
  // there are many: past this much in all, groups of few rules are searched linearly.
  uint32_t small_rules_max = 16;
  size_t small_bytes_max = 32 << 20;
  // A policy that follows another one: a group of so many rules is asked through the search that it
  // had, while no more than so many rules came or went. Below, a build takes a millisecond; above,
  // asking them one by one would cost more than a build is worth waiting for.
  uint32_t overlay_rules_min = 256;
  uint32_t overlay_edits_max = 32;

  bool operator==(const ClassifierOptions&) const = default;
};

// Up to here a linear search is as fast as finding ranks, and takes no memory.
inline constexpr uint32_t kLinearRulesMax = 4;

// Builds what `options` and the shape of the group's rules ask for. `program` outlives the result.
std::unique_ptr<const Classifier> build_classifier(const Program& program, const GroupRow& group,
                                                   const ClassifierOptions& options);

// The same with a given algorithm, for the contract suite and measurements; null where a limit
// forbids it.
std::unique_ptr<const Classifier> build_classifier(const Program& program, const GroupRow& group,
                                                   const ClassifierOptions& options,
                                                   Algorithm algorithm);

}  // namespace portacl
