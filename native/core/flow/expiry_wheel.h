// Flows by the second of their deadline, so that expiry never scans the table.
//
// A bucket holds the flows that were due in its second when they were put there. Renewing a flow
// costs nothing: when its bucket comes up, it is moved on to the bucket of its new deadline. A
// deadline that comes nearer moves at once (reschedule). Deadlines further away than the wheel
// reaches wait in its last bucket. Flows without a deadline are in no bucket.
// Source of the scheme: Varghese and Lauck, timing wheels.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "flow/flow_table.h"
#include "flow/layer_flow.h"

namespace portacl {

class ExpiryWheel {
 public:
  explicit ExpiryWheel(LayerFlowTable& flows) : flows_(flows) { heads_.fill(kNoFlow); }

  // Puts a flow where its deadline says, from wherever it is.
  void reschedule(uint32_t index) {
    remove(index);
    const int64_t deadline_ns = flows_.state(index).deadline_ns;
    if (deadline_ns == kNever) return;
    const int64_t second = std::clamp(deadline_ns / kSecond, second_, second_ + kReach);
    push(index, static_cast<uint32_t>(second % kBuckets));
  }

  void remove(uint32_t index) {
    LayerFlow& flow = flows_[index];
    if (flow.expiry_bucket == kNoFlow) return;
    if (flow.expiry_previous == kNoFlow) {
      heads_[flow.expiry_bucket] = flow.expiry_next;
    } else {
      flows_[flow.expiry_previous].expiry_next = flow.expiry_next;
    }
    if (flow.expiry_next != kNoFlow)
      flows_[flow.expiry_next].expiry_previous = flow.expiry_previous;
    flow.expiry_next = flow.expiry_previous = flow.expiry_bucket = kNoFlow;
  }

  // Sets the clock, also back. Requires: no flow in a bucket.
  void begin_at(int64_t now_ns) {
    second_ = now_ns / kSecond;
    next_second_ns_ = (second_ + 1) * kSecond;
  }

  // Calls is_due(index) for every flow in the seconds before that of `now_ns`, which first brings
  // its deadline up to date and then says whether it has come; gone(index) for those where it has,
  // which must remove() them.
  template <class IsDue, class Gone>
  void advance(int64_t now_ns, IsDue&& is_due, Gone&& gone) {
    if (now_ns < next_second_ns_) return;
    const int64_t now_second = now_ns / kSecond;
    const int64_t first = std::max(second_, now_second - kBuckets);
    for (int64_t second = first; second < now_second; ++second) {
      second_ = second + 1;
      sweep(static_cast<uint32_t>(second % kBuckets), is_due, gone);
    }
    second_ = now_second;
    next_second_ns_ = (now_second + 1) * kSecond;
  }

  // Before it advance() has nothing to do.
  int64_t next_second_ns() const { return next_second_ns_; }

  // The same for the present second, so that a full table gives room back exactly on time.
  template <class IsDue, class Gone>
  void sweep_present(IsDue&& is_due, Gone&& gone) {
    sweep(static_cast<uint32_t>(second_ % kBuckets), is_due, gone);
  }

 private:
  static constexpr int64_t kSecond = 1'000'000'000;
  static constexpr int64_t kBuckets = 1024;
  static constexpr int64_t kReach = kBuckets - 1;

  template <class IsDue, class Gone>
  void sweep(uint32_t bucket, IsDue&& is_due, Gone&& gone) {
    uint32_t next;
    for (uint32_t index = heads_[bucket]; index != kNoFlow; index = next) {
      next = flows_[index].expiry_next;
      if (is_due(index)) {
        gone(index);
      } else {
        reschedule(index);
      }
    }
  }

  void push(uint32_t index, uint32_t bucket) {
    LayerFlow& flow = flows_[index];
    flow.expiry_bucket = bucket;
    flow.expiry_next = heads_[bucket];
    if (flow.expiry_next != kNoFlow) flows_[flow.expiry_next].expiry_previous = index;
    heads_[bucket] = index;
  }

  LayerFlowTable& flows_;
  std::array<uint32_t, kBuckets> heads_;
  int64_t second_ = 0;                // engine time; buckets before it are empty
  int64_t next_second_ns_ = kSecond;  // when it ends
};

}  // namespace portacl
