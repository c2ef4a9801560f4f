#include "transfer.h"

#include <algorithm>
#include <new>

namespace zmq_native {

void Transfer::restart() {
  for (FrameMemory* const memory : taken_) memory->release();
  taken_.clear();
}

napi_value Transfer::wholeOf(napi_value frame, void** data, size_t* size) const {
  napi_typedarray_type type;
  size_t length = 0;
  size_t offset = 0;
  napi_value buffer = nullptr;
  // Strings and SharedArrayBuffers fail one of these calls.
  if (napi_get_typedarray_info(env_, frame, &type, &length, nullptr, &buffer, &offset) != napi_ok ||
      type != napi_uint8_array || napi_get_arraybuffer_info(env_, buffer, data, size) != napi_ok) {
    return nullptr;
  }
  // An empty ArrayBuffer looks the same after it is detached. The library uses one for all empty frames.
  return offset == 0 && length == *size && length > 0 ? buffer : nullptr;
}

Transfer::Taken Transfer::take(napi_value frame, Message& message, Socket& socket) {
  void* data = nullptr;
  size_t size = 0;
  if (wholeOf(frame, &data, &size) == nullptr) return Taken::kNone;
  FrameMemory* const memory = FrameMemory::find(data, size);
  if (memory == nullptr) return Taken::kNone;
  if (memory->contested() || std::find(taken_.begin(), taken_.end(), memory) != taken_.end()) {
    memory->release();
    return Taken::kNone;
  }
  try {
    taken_.push_back(memory);
  } catch (const std::bad_alloc&) {
    memory->release();
    return Taken::kNoMemory;
  }
  return memory->lendTo(message, socket.held) ? Taken::kMemory : Taken::kNoMemory;
}

void Transfer::detach(napi_value frame) {
  void* data = nullptr;
  size_t size = 0;
  const napi_value buffer = wholeOf(frame, &data, &size);
  if (buffer == nullptr) return;
  // Fails for the memory of WebAssembly, which is copied and stays.
  const bool detached = napi_detach_arraybuffer(env_, buffer) == napi_ok;
  for (FrameMemory* const memory : taken_) {
    if (memory->data() != data) continue;
    if (detached) {
      memory->detached(env_);
    } else {
      memory->contest();
    }
  }
}

}  // namespace zmq_native
