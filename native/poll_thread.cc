#include "poll_thread.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "environment.h"

namespace zmq_native {
namespace {

/** The pause before an unanswered call is repeated, in milliseconds. Each further pause is twice as long… */
constexpr int kFirstPause = 10;
/** …up to this. */
constexpr int kLongestPause = 1000;
/** The handle of a call that only wakes the event loop. */
constexpr int32_t kNone = 0;

}  // namespace

PollThread::PollThread(Environment& environment) : environment_(&environment), unanswered_(environment.unanswered) {}

std::shared_ptr<PollThread> PollThread::start(Environment& environment) {
  auto* const made = new (std::nothrow) PollThread(environment);
  if (made == nullptr) return nullptr;
  std::shared_ptr<PollThread> pollThread;
  try {
    pollThread.reset(made);
  } catch (const std::bad_alloc&) {
    // `reset` has deleted it.
    return nullptr;
  }
  if (!pollThread->poller_.ok()) return nullptr;
  pollThread->function_ = threadSafeFunction(environment.env, pollThread, call);
  if (pollThread->function_ == nullptr) return nullptr;
  try {
    pollThread->thread_ = std::thread([raw = pollThread.get()] { raw->run(); });
  } catch (const std::exception&) {
    // The system cannot create another thread.
    pollThread->stop(true);
    return nullptr;
  }
  return pollThread;
}

PollThread::~PollThread() { stop(false); }

void PollThread::run() {
  constexpr size_t kMost = 64;
  int32_t handles[kMost];
  int pause = kFirstPause;
  for (;;) {
    const int count = poller_.wait(handles, kMost, *unanswered_ > 0 ? pause : -1);
    if (count < 0 || stopping_) return;
    const bool interrupted = attends_.exchange(false);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (function_ == nullptr) return;
    if (count > 0) {
      pause = kFirstPause;
      *unanswered_ += count;
      for (int i = 0; i < count; ++i) callFunction(handles[i]);
    } else if (!interrupted && *unanswered_ > 0) {
      callFunction(kNone);
      pause = std::min(2 * pause, kLongestPause);
    } else {
      // The notifier calls, or the last call has been answered.
      pause = kFirstPause;
    }
  }
}

void PollThread::callFunction(int32_t handle) {
  if (function_ == nullptr) return;
  auto* const data = reinterpret_cast<void*>(static_cast<intptr_t>(handle));
  // After a rejection it must not be called again: the runtime is about to delete it.
  if (napi_call_threadsafe_function(function_, data, napi_tsfn_nonblocking) != napi_ok) function_ = nullptr;
}

void PollThread::call(napi_env env, napi_value, void* context, void* data) {
  auto* const self = static_cast<PollThread*>(context);
  const auto handle = static_cast<int32_t>(reinterpret_cast<intptr_t>(data));
  if (env == nullptr || self->environment_ == nullptr || handle == kNone) return;
  --*self->unanswered_;
  Environment& environment = *self->environment_;
  // Looked up each time: a callback may close this or another socket.
  if (Socket* socket = environment.sockets.find(handle)) socket->readiness.woken();
  if (Socket* socket = environment.sockets.find(handle)) socket->readiness.rearm();
}

void PollThread::keepAlive(bool on) {
  wanted_ += on ? 1 : -1;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (function_ == nullptr) return;
  if (on && wanted_ == 1) napi_ref_threadsafe_function(environment_->env, function_);
  if (!on && wanted_ == 0) napi_unref_threadsafe_function(environment_->env, function_);
}

void PollThread::stop(bool release) {
  environment_ = nullptr;
  napi_threadsafe_function function = nullptr;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::swap(function, function_);
  }
  if (thread_.joinable()) {
    stopping_ = true;
    poller_.interrupt();
    thread_.join();
  }
  // Last, since the function holds the last reference to this object.
  if (release && function != nullptr) napi_release_threadsafe_function(function, napi_tsfn_abort);
}

}  // namespace zmq_native
