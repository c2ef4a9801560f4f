#include "transfer.h"

#include <algorithm>

namespace zmq_native {

bool Transfer::read(napi_value array) {
  uint32_t count = 0;
  if (napi_get_array_length(env_, array, &count) != napi_ok) return false;
  frames_.resize(count);
  for (uint32_t index = 0; index < count; ++index) {
    if (napi_get_element(env_, array, index, &frames_[index].value) != napi_ok) return false;
  }
  // An element may run user code, which may detach the others.
  for (Frame& frame : frames_) readBuffer(frame);
  return true;
}

void Transfer::readBuffer(Frame& frame) const {
  napi_typedarray_type type;
  size_t length = 0;
  size_t offset = 0;
  napi_value buffer = nullptr;
  // Strings and SharedArrayBuffers fail one of these calls.
  if (napi_get_typedarray_info(env_, frame.value, &type, &length, nullptr, &buffer, &offset) != napi_ok ||
      type != napi_uint8_array || napi_get_arraybuffer_info(env_, buffer, &frame.data, &frame.size) != napi_ok) {
    return;
  }
  // An empty ArrayBuffer looks the same after it is detached. The library uses one for all empty frames.
  if (offset == 0 && length == frame.size && length > 0) frame.buffer = buffer;
}

void Transfer::restart() {
  for (Frame& frame : frames_) {
    if (frame.memory != nullptr) frame.memory->release();
    frame.memory = nullptr;
    frame.lent = nullptr;
  }
}

bool Transfer::hasTaken(const FrameMemory* memory) const {
  return std::any_of(frames_.begin(), frames_.end(), [memory](const Frame& frame) { return frame.memory == memory; });
}

Transfer::Taken Transfer::take(uint32_t index, Message& message, Socket& socket) {
  Frame& frame = frames_[index];
  if (frame.buffer == nullptr) return Taken::kNone;
  FrameMemory* const memory = FrameMemory::find(frame.data, frame.size);
  if (memory == nullptr) return Taken::kNone;
  if (memory->contested() || hasTaken(memory)) {
    memory->release();
    return Taken::kNone;
  }
  frame.memory = memory;
  // Asked before it is sent: then another thread may own the memory.
  frame.lent = memory->lentBy(env_);
  return memory->lendTo(message, socket.held) ? Taken::kMemory : Taken::kNoMemory;
}

void Transfer::detach() {
  for (Frame& frame : frames_) {
    if (frame.buffer == nullptr) continue;
    // Before the ArrayBuffer is detached: some runtimes then free the reference at once.
    if (frame.lent != nullptr) frame.lent->give();
    // Fails for the memory of WebAssembly, which is copied and stays.
    if (napi_detach_arraybuffer(env_, frame.buffer) != napi_ok && frame.memory != nullptr) frame.memory->contest();
  }
}

}  // namespace zmq_native
