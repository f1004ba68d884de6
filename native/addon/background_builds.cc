#include "addon/background_builds.h"

#include <system_error>
#include <utility>

namespace portacl {

BackgroundBuilds::~BackgroundBuilds() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    if (building_ != nullptr) building_->supersede(true);
  }
  if (thread_.joinable()) thread_.join();
}

void BackgroundBuilds::add(std::shared_ptr<const GroupClassifiers> policy,
                           const GroupClassifiers* earlier) {
  if (earlier != nullptr) earlier->supersede(true);
  policy->supersede(false);
  if (!policy->has_put_off()) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [](const auto& each) { return each->is_superseded(); });
  waiting_.push_back(std::move(policy));
  if (is_running_) return;
  if (thread_.joinable()) thread_.join();  // it has ended but for its name
  try {
    thread_ = std::thread([this] { run(); });
    is_running_ = true;
  } catch (const std::system_error&) {
    waiting_.back()->build_put_off();
    waiting_.pop_back();
  }
}

void BackgroundBuilds::run() {
  for (;;) {
    // Freed without the lock, after what follows it is known.
    std::shared_ptr<const GroupClassifiers> built;
    {
      const std::lock_guard lock(mutex_);
      built = std::exchange(building_, nullptr);
      if (waiting_.empty()) {
        is_running_ = false;
        return;
      }
      building_ = std::move(waiting_.front());
      waiting_.pop_front();
    }
    building_->build_put_off();  // this thread alone writes the pointer
  }
}

}  // namespace portacl
