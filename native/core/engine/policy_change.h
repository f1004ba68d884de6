// Changes of policy on the way through captures, each before the first packet that its mark names.
// Source: docs/semantics/updates.md 4.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "capture/capture_record.h"
#include "classifier/group_classifiers.h"
#include "engine/engine.h"
#include "engine/update.h"
#include "report/capture_output.h"

namespace portacl {

// Where a change takes place.
struct PolicyMark {
  enum class Kind : uint8_t {
    kFrame = 0,    // before the packet of that number
    kTime = 1,     // before the first packet of that time, nanoseconds since 1970, or later
    kElapsed = 2,  // the same, since the first packet that has a time
  };
  Kind kind = Kind::kFrame;
  int64_t value = 0;
};

// A policy with the way to it from the one before.
struct PolicyChange {
  PolicyMark mark;
  std::shared_ptr<const GroupClassifiers> policy;
  std::vector<uint32_t> endpoints, layers, rules, spared;  // see RowMap
  UpdateMode mode = UpdateMode::kKeep;
  VerdictTexts texts;  // by the rows of the policy, for outputs that want them

  // What came of it.
  bool applied = false;
  uint32_t capture = 0;  // these three of the first packet it judged
  uint64_t frame = 0;
  int64_t time_ns = kNoTime;
  UpdateReport report;

  RowMap rows() const { return {endpoints, layers, rules, spared}; }
};

// The changes of one replay; each is looked for when the one before it was made.
class PolicySchedule {
 public:
  explicit PolicySchedule(std::vector<PolicyChange> changes = {}) : changes_(std::move(changes)) {}

  // How many of the packets, which are the next, come before the next change.
  size_t before_next(std::span<const CaptureRecord> packets);

  // Makes the next change before `packet` of that capture and tells the outputs.
  // Errors: as Engine::apply().
  Status apply_next(Engine& engine, const CaptureRecord& packet, uint32_t capture,
                    std::span<ReplayOutput* const> outputs);

  const std::vector<PolicyChange>& changes() const { return changes_; }

 private:
  bool is_due(const PolicyMark& mark, const CaptureRecord& packet) const;

  std::vector<PolicyChange> changes_;
  size_t next_ = 0;
  int64_t first_time_ns_ = kNoTime;
};

}  // namespace portacl
