#include "external.h"

#include "arguments.h"

namespace zmq_native {

void External::finalize(napi_env, void*, void* given) {
  auto* const owner = static_cast<External*>(given);
  if (owner->state_ == State::kCreating) {
    owner->state_ = State::kFreedEarly;
    return;
  }
  if (owner->state_ == State::kCreated) owner->freed();
  delete owner;
}

napi_value External::create(napi_env env, void* data, size_t size, std::unique_ptr<External> owner) {
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_buffer(env, size, data, finalize, owner.get(), &buffer);
  if (status == napi_ok) {
    owner.release()->state_ = State::kCreated;
    return buffer;
  }
  clearException(env);
  // With this status, the ArrayBuffer may exist although the Buffer does not. Node then calls the finalizer at once,
  // when the ArrayBuffer is garbage-collected, or never. With any other status, nothing was created.
  if (status == napi_generic_failure && owner->state_ == State::kCreating) owner.release()->state_ = State::kAbandoned;
  return nullptr;
}

}  // namespace zmq_native
