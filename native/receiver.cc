// Receiving: drains a socket into the environment's slab and frame table. On the environment's thread.

#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "arguments.h"
#include "exports.h"
#include "message.h"

namespace zmq_native {
namespace {

// A row of the frame table, lib/slab.ts reads the same: bit 0, more frames follow; bit 1, the frame has a Buffer of
// its own, next in the array of large frames; from bit 2, the length of a frame in the slab.
constexpr int32_t kMore = 1;
constexpr int32_t kOwnBuffer = 2;
constexpr int kLengthShift = 2;

// Frames in the slab begin at multiples of this, so that a typed array of any kind can be laid over them.
constexpr size_t kAlignment = 8;
// A frame above this part of the slab gets a Buffer of its own: one kept message then pins little besides itself.
constexpr size_t kSlabShare = 4;
// From here up, wrapping libzmq's memory is faster than copying it (docs/performance.md).
constexpr size_t kExternalSize = 512 * 1024;

/** The frame as external memory that lives until the Buffer is collected; null where the runtime forbids that. */
napi_value wrap(napi_env env, Message& frame) {
  auto owner = std::make_unique<Message>();
  owner->moveFrom(frame);
  const auto size = static_cast<int64_t>(owner->size());
  const auto free = [](napi_env finalizing, void*, void* hint) {
    auto* message = static_cast<Message*>(hint);
    int64_t unused;
    napi_adjust_external_memory(finalizing, -static_cast<int64_t>(message->size()), &unused);
    delete message;
  };
  napi_value buffer = nullptr;
  if (napi_create_external_buffer(env, owner->size(), owner->data(), free, owner.get(), &buffer) != napi_ok) {
    frame.moveFrom(*owner);
    return nullptr;
  }
  owner.release();
  int64_t unused;
  napi_adjust_external_memory(env, size, &unused);
  return buffer;
}

napi_value ownBuffer(napi_env env, Message& frame) {
  napi_value buffer = nullptr;
  // Several receivers over inproc get the same bytes: two ArrayBuffers on one address crash V8, so those are copied.
  if (frame.size() >= kExternalSize && !frame.shared()) buffer = wrap(env, frame);
  if (buffer == nullptr) napi_create_buffer_copy(env, frame.size(), frame.data(), nullptr, &buffer);
  return buffer;
}

// receive(handle, offset, maxMessages) -> frames received, 0 when none is there, or -errno. Never leaves a frame
// behind that it took from libzmq; stops at the end of the slab, of the table, or when `maxMessages` are complete.
Napi::Value receive(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* socket = arguments.socket(0);
  size_t offset = static_cast<uint32_t>(arguments.integer(1));
  int32_t wanted = arguments.integer(2);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);

  const ReceiveArea& area = arguments.environment().area;
  const size_t share = area.slabSize / kSlabShare;
  napi_value large = nullptr;
  uint32_t largeCount = 0;
  size_t frames = 0;
  Message frame;  // one for all: libzmq closes what it held when the next one comes
  while (wanted > 0 && frames < area.tableSize && offset < area.slabSize) {
    if (zmq_msg_recv(frame.get(), socket->get(), ZMQ_DONTWAIT) < 0) {
      const int error = zmq_errno();
      if (error == EINTR) continue;
      if (error == EAGAIN || frames > 0) break;
      return arguments.answer(-error);
    }
    const size_t size = frame.size();
    const bool more = frame.more();  // asked before the frame may be moved into its Buffer
    int32_t row;
    if (size <= share && size <= area.slabSize - offset) {
      std::memcpy(area.slab + offset, frame.data(), size);
      offset += (size + kAlignment - 1) & ~(kAlignment - 1);
      row = static_cast<int32_t>(size) << kLengthShift;
    } else {
      if (large == nullptr) large = area.largeFrames.Value();
      const napi_value buffer = ownBuffer(arguments.env(), frame);
      if (buffer == nullptr) return arguments.answer(-ENOMEM);
      napi_set_element(arguments.env(), large, largeCount++, buffer);
      row = kOwnBuffer;
      if (size <= share) offset = area.slabSize;  // the slab is full: stop after this frame
    }
    area.table[frames++] = more ? row | kMore : row;
    if (!more) --wanted;
  }
  return arguments.answer(static_cast<int64_t>(frames));
}

// receiveInto(slab: Uint8Array, table: Uint8Array over an Int32Array, largeFrames: Array): where receive() puts what it
// finds
Napi::Value receiveInto(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Bytes slab = arguments.bytes(0);
  const Bytes table = arguments.bytes(1);
  const napi_value largeFrames = arguments.array(2);
  if (!arguments.ok()) return {};
  const Napi::Env env = info.Env();
  ReceiveArea& area = arguments.environment().area;
  area.slab = slab.data;
  area.slabSize = slab.size;
  area.table = reinterpret_cast<int32_t*>(table.data);
  area.tableSize = table.size / sizeof(int32_t);
  area.slabReference = Napi::Persistent(Napi::Value(env, arguments.value(0)).As<Napi::Uint8Array>());
  area.tableReference = Napi::Persistent(Napi::Value(env, arguments.value(1)).As<Napi::Uint8Array>());
  area.largeFrames = Napi::Persistent(Napi::Value(env, largeFrames).As<Napi::Array>());
  return {};
}

}  // namespace

void exportReceiver(Environment& environment, Napi::Object exports) {
  exportFunction<receive>(environment, exports, "receive");
  exportFunction<receiveInto>(environment, exports, "receiveInto");
}

}  // namespace zmq_native
