// Work on a thread of its own, with a promise for JavaScript.
//
// Not in Node's thread pool: its few threads also decompress what a job reads, so that jobs which
// fill them would wait for ever. When Node ends while a job runs, the job is cancelled and awaited,
// since what it works on goes with Node.
#pragma once

#include <napi.h>

#include <memory>
#include <thread>

#include "addon/job_control.h"

namespace portacl {

class Job {
 public:
  virtual ~Job() = default;

  // Begins the job and returns its promise; what result() throws rejects it.
  // Errors: throws a JavaScript Error, out-of-memory, when the system gives no thread.
  static Napi::Value start(Napi::Env env, std::unique_ptr<Job> job);

 protected:
  // `control`: see job_control.h.
  explicit Job(const Napi::Value& control) : control_(control) {}

  // On the job's thread. Requires: no call into JavaScript, and nothing thrown.
  virtual void run() = 0;

  // On JavaScript's thread, once run() has returned.
  virtual Napi::Value result(Napi::Env env) = 0;

  const JobControl& control() const { return control_; }

 private:
  static void finish(Napi::Env env, Napi::Function, void*, Job* job);
  static void stop(void* job);

  using Done = Napi::TypedThreadSafeFunction<void, Job, finish>;

  JobControl control_;
  std::thread thread_;
  std::unique_ptr<Napi::Promise::Deferred> deferred_;
};

}  // namespace portacl
