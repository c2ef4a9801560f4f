#include "failing.h"

#include <cstdlib>
#include <new>

namespace zmq_native::failing {
namespace {

struct State {
  int paused = 1;  // until a moment is chosen
  long left = 0;
  long counted = 0;
  const char* failed = nullptr;
};
// Counts only calls of the thread that chose the moment.
thread_local State state;

// failAt(n): the nth call from now on fails, once. With 0, none fails. Returns the call that failed since the last
// failAt, or undefined.
napi_value failAt(napi_env env, napi_callback_info info) {
  state.paused = 1;
  size_t count = 1;
  napi_value argument;
  napi_value answer = nullptr;
  int64_t moment = 0;
  napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr);
  napi_get_value_int64(env, argument, &moment);
  if (state.failed == nullptr) {
    napi_get_undefined(env, &answer);
  } else {
    napi_create_string_utf8(env, state.failed, NAPI_AUTO_LENGTH, &answer);
  }
  state = {moment == 0 ? 1 : 0, static_cast<long>(moment), 0, nullptr};
  return answer;
}

}  // namespace

bool fails(const char* what) {
  if (state.paused > 0 || state.failed != nullptr) return false;
  ++state.counted;
  if (state.counted != state.left) return false;
  state.failed = what;
  return true;
}

Pause::Pause() { ++state.paused; }
Pause::~Pause() { --state.paused; }

napi_value control(napi_env env) {
  napi_value function = nullptr;
  napi_create_function(env, "failAt", NAPI_AUTO_LENGTH, failAt, nullptr, &function);
  return function;
}

}  // namespace zmq_native::failing

namespace {

void* allocate(std::size_t size) noexcept {
  return zmq_native::failing::fails("allocation") ? nullptr : std::malloc(size);
}

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
