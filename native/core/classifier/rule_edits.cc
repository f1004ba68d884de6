#include "classifier/rule_edits.h"

#include <algorithm>

namespace portacl {
namespace {

constexpr int32_t kNowhere = -1;

// How far paths of so many edits come, by diagonal: rules of the earlier group passed. On diagonal
// k that is k more than the rules of the later one.
class Reach {
 public:
  explicit Reach(int32_t edits_max)
      : edits_max_(edits_max), at_(2 * static_cast<size_t>(edits_max) + 3, kNowhere) {}
  int32_t& operator[](int32_t diagonal) {
    return at_[static_cast<size_t>(diagonal + edits_max_ + 1)];
  }
  int32_t operator[](int32_t diagonal) const {
    return at_[static_cast<size_t>(diagonal + edits_max_ + 1)];
  }

 private:
  int32_t edits_max_;
  std::vector<int32_t> at_;
};

// The last edit of a path: one more rule of either group is passed.
struct Edit {
  int32_t reached = kNowhere;
  bool is_added = false;
};

class EditSearch {
 public:
  EditSearch(const GroupContent& before, const GroupContent& after, uint32_t edits_max)
      : before_(before),
        after_(after),
        before_count_(static_cast<int32_t>(before.rule_count())),
        after_count_(static_cast<int32_t>(after.rule_count())),
        edits_max_(static_cast<int32_t>(edits_max)) {}

  std::optional<RuleEdits> find() {
    const int32_t last = before_count_ - after_count_;
    if (last > edits_max_ || -last > edits_max_) return std::nullopt;
    Reach reach(edits_max_);
    reach[0] = pass_equal(0, 0);
    for (int32_t edits = 0; edits <= edits_max_; ++edits) {
      if (edits > 0) {
        steps_.push_back(reach);
        for (int32_t k = -edits; k <= edits; k += 2) {
          const Edit edit = edit_onto(steps_.back(), k);
          reach[k] = edit.reached == kNowhere ? kNowhere : pass_equal(edit.reached, k);
        }
      }
      if ((last - edits) % 2 == 0 && reach[last] == before_count_) return path_to(edits);
    }
    return std::nullopt;
  }

 private:
  // How far equal rules lead from there.
  int32_t pass_equal(int32_t reached, int32_t diagonal) const {
    while (reached < before_count_ && reached - diagonal < after_count_ &&
           before_.has_rule(static_cast<uint32_t>(reached), after_,
                            static_cast<uint32_t>(reached - diagonal))) {
      ++reached;
    }
    return reached;
  }

  // The further of the two ways by which one edit leads to the diagonal.
  Edit edit_onto(const Reach& reach, int32_t diagonal) const {
    Edit edit;
    const int32_t added = reach[diagonal + 1], removed = reach[diagonal - 1];
    if (added != kNowhere && added - diagonal <= after_count_) edit = {added, true};
    if (removed != kNowhere && removed < before_count_ && removed + 1 > edit.reached) {
      edit = {removed + 1, false};
    }
    return edit;
  }

  // The same path, from its end.
  RuleEdits path_to(int32_t edits) const {
    RuleEdits out;
    int32_t reached = before_count_, diagonal = before_count_ - after_count_;
    const auto keep = [&](int32_t from) {
      if (from == reached) return;
      out.kept.push_back({static_cast<uint32_t>(from), static_cast<uint32_t>(from - diagonal),
                          static_cast<uint32_t>(reached - from)});
    };
    for (; edits > 0; --edits) {
      const Reach& before = steps_[static_cast<size_t>(edits) - 1];
      const Edit edit = edit_onto(before, diagonal);
      keep(edit.reached);
      if (edit.is_added) {
        out.added.push_back(static_cast<uint32_t>(edit.reached - diagonal - 1));
        ++diagonal;
      } else {
        ++out.removed;
        --diagonal;
      }
      reached = before[diagonal];
    }
    keep(0);
    std::ranges::reverse(out.kept);
    std::ranges::reverse(out.added);
    return out;
  }

  const GroupContent& before_;
  const GroupContent& after_;
  int32_t before_count_, after_count_, edits_max_;
  std::vector<Reach> steps_;  // what was reached before each edit
};

}  // namespace

std::optional<RuleEdits> edits_between(const GroupContent& before, const GroupContent& after,
                                       uint32_t edits_max) {
  return EditSearch(before, after, edits_max).find();
}

}  // namespace portacl
