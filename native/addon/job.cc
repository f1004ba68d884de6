#include "addon/job.h"

#include <system_error>

#include "addon/throw.h"

namespace portacl {

Napi::Value Job::start(Napi::Env env, std::unique_ptr<Job> job) {
  job->deferred_ = std::make_unique<Napi::Promise::Deferred>(env);
  const Napi::Value promise = job->deferred_->Promise();
  Done done = Done::New(env, "portacl job", 0, 1);
  napi_add_env_cleanup_hook(env, stop, job.get());
  try {
    job->thread_ = std::thread([done, job = job.get()]() mutable {
      job->run();
      done.BlockingCall(job);
      done.Release();
    });
  } catch (const std::system_error&) {
    napi_remove_env_cleanup_hook(env, stop, job.get());
    done.Abort();
    throw status_error(env, {ErrorCode::kOutOfMemory});
  }
  (void)job.release();  // finish() has it
  return promise;
}

void Job::finish(Napi::Env env, Napi::Function, void*, Job* job) {
  // Node has ended: what the job refers to is gone, and so is who would want its result.
  if (static_cast<napi_env>(env) == nullptr) return;
  const std::unique_ptr<Job> owned(job);
  napi_remove_env_cleanup_hook(env, stop, job);
  owned->thread_.join();
  try {
    owned->deferred_->Resolve(owned->result(env));
  } catch (const Napi::Error& error) {
    owned->deferred_->Reject(error.Value());
  }
}

// Node ends while the job runs.
void Job::stop(void* job) {
  auto& self = *static_cast<Job*>(job);
  self.control_.cancel();
  self.thread_.join();
}

}  // namespace portacl
