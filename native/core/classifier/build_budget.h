// What a build may still spend. Past either limit the structure is refused and the next algorithm
// serves, so that no choice of rules makes a build long or large; the budget then says what for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace portacl {

struct BuildLimits {
  size_t bytes_max;
  uint64_t work_max;  // 64-bit words touched by the build, about 1 ns each
};

class BuildBudget {
 public:
  explicit BuildBudget(const BuildLimits& limits) : limits_(limits) {}

  // What is being made, a phrase that outlives the budget: "cross products of addresses".
  void begin(const char* stage) { stage_ = stage; }

  // Whether that much more may be made, or done.
  bool spend_bytes(uint64_t bytes) { return (bytes_ += bytes) <= limits_.bytes_max; }
  bool spend_work(uint64_t words) { return (work_ += words) <= limits_.work_max; }

  const BuildLimits& limits() const { return limits_; }
  const char* stage() const { return stage_; }
  // What was asked for in all, the request that was refused included.
  uint64_t bytes() const { return bytes_; }
  uint64_t work() const { return work_; }

 private:
  BuildLimits limits_;
  const char* stage_ = "";
  uint64_t bytes_ = 0;
  uint64_t work_ = 0;
};

}  // namespace portacl
