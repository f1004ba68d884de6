// Searches that policies put off (group_classifiers.h), built on one thread behind JavaScript's,
// the policies in the order in which they came. The thread is there while there is something to
// build, and does not keep Node alive.
//
// One for each environment, which ends with it.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "classifier/group_classifiers.h"

namespace portacl {

class BackgroundBuilds {
 public:
  BackgroundBuilds() = default;
  BackgroundBuilds(const BackgroundBuilds&) = delete;
  BackgroundBuilds& operator=(const BackgroundBuilds&) = delete;
  // Awaits the group that is being built and leaves the others.
  ~BackgroundBuilds();

  // What `policy` has put off will be built, and no more of what `earlier` has, which may be null.
  // On this thread where the system gives no other.
  void add(std::shared_ptr<const GroupClassifiers> policy, const GroupClassifiers* earlier);

 private:
  void run();

  std::mutex mutex_;
  std::deque<std::shared_ptr<const GroupClassifiers>> waiting_;
  std::shared_ptr<const GroupClassifiers> building_;
  bool is_running_ = false;
  std::thread thread_;
};

}  // namespace portacl
