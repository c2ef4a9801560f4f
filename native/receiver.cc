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
// One call stops after this many bytes in Buffers of their own: more would only wait, and cool down, in memory.
constexpr size_t kLargeBatch = 1024 * 1024;
// Added to the count of frames when the call ended because libzmq had no more.
constexpr int64_t kEmptied = 1 << 16;
constexpr size_t kLongestProperty = 256;

/** The frame as external memory that lives until the Buffer is collected; null where the runtime forbids that. */
napi_value wrap(const Environment& environment, Message& frame) {
  const napi_env env = environment.env;
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
  if (!environment.hasExternalMemory ||
      napi_create_external_buffer(env, owner->size(), owner->data(), free, owner.get(), &buffer) != napi_ok) {
    frame.moveFrom(*owner);
    return nullptr;
  }
  owner.release();
  int64_t unused;
  napi_adjust_external_memory(env, size, &unused);
  return buffer;
}

napi_value ownBuffer(const Environment& environment, Message& frame) {
  napi_value buffer = nullptr;
  // Several receivers over inproc get the same bytes: two ArrayBuffers on one address crash V8, so those are copied.
  if (frame.size() >= kExternalSize && !frame.shared()) buffer = wrap(environment, frame);
  if (buffer == nullptr) napi_create_buffer_copy(environment.env, frame.size(), frame.data(), nullptr, &buffer);
  return buffer;
}

/** Writes frames behind one another into the slab, and a row for each into the table. */
class Writer {
 public:
  Writer(Environment& environment, size_t offset)
      : environment_(environment), area_(environment.area), env_(environment.env), offset_(offset) {}

  size_t frames() const { return frames_; }
  /** Whether there is room for the frames of one more message part, which are two where it has a tag. */
  bool hasRoom() const {
    return frames_ + 2 <= area_.tableSize && offset_ < area_.slabSize && largeBytes_ < kLargeBatch;
  }

  /** False when memory runs out. */
  bool put(Message& frame, bool more) {
    const size_t size = frame.size();
    if (fits(size)) return copy(frame.data(), size, more);
    if (size > share()) largeBytes_ += size;
    return putBuffer(ownBuffer(environment_, frame), size, more);
  }

  bool put(const void* data, size_t size, bool more) {
    if (fits(size)) return copy(data, size, more);
    napi_value buffer = nullptr;
    napi_create_buffer_copy(env_, size, data, nullptr, &buffer);
    return putBuffer(buffer, size, more);
  }

 private:
  size_t share() const { return area_.slabSize / kSlabShare; }
  bool fits(size_t size) const {
    return size <= share() && offset_ < area_.slabSize && size <= area_.slabSize - offset_;
  }

  bool copy(const void* data, size_t size, bool more) {
    if (size > 0) std::memcpy(area_.slab + offset_, data, size);
    offset_ += (size + kAlignment - 1) & ~(kAlignment - 1);
    return row(static_cast<int32_t>(size) << kLengthShift, more);
  }

  bool putBuffer(napi_value buffer, size_t size, bool more) {
    if (buffer == nullptr) return false;
    if (large_ == nullptr) large_ = area_.largeFrames.Value();
    napi_set_element(env_, large_, largeCount_++, buffer);
    if (size <= share()) offset_ = area_.slabSize;  // the slab is full: stop after this frame
    return row(kOwnBuffer, more);
  }

  bool row(int32_t row, bool more) {
    area_.table[frames_++] = more ? row | kMore : row;
    return true;
  }

  const Environment& environment_;
  const ReceiveArea& area_;
  napi_env env_;
  napi_value large_ = nullptr;
  uint32_t largeCount_ = 0;
  size_t largeBytes_ = 0;
  size_t frames_ = 0;
  size_t offset_;
};

/** Reads properties of a message, such as its peer's address, into an array: text, or null where it has none. */
void readProperties(napi_env env, Message& frame, napi_value names, napi_value values) {
  uint32_t count = 0;
  napi_get_array_length(env, names, &count);
  for (uint32_t index = 0; index < count; ++index) {
    napi_value name = nullptr;
    napi_value value = nullptr;
    char text[kLongestProperty];
    napi_get_element(env, names, index, &name);
    if (napi_get_value_string_utf8(env, name, text, sizeof text, nullptr) != napi_ok) continue;
    const char* const found = zmq_msg_gets(frame.get(), text);
    if (found == nullptr) {
      napi_get_null(env, &value);
    } else {
      napi_create_string_utf8(env, found, NAPI_AUTO_LENGTH, &value);
    }
    napi_set_element(env, values, index, value);
  }
}

// receive(handle, offset, maxMessages, names?, values?) -> frames received, 0 when none is there, or -errno; plus
// kEmptied when libzmq had no more. Never leaves a frame behind that it took from libzmq; stops at the end of the slab,
// of the table, or when `maxMessages` are complete. `values` gets the first message's properties by `names`.
Napi::Value receive(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* socket = arguments.socket(0);
  const size_t offset = static_cast<uint32_t>(arguments.integer(1));
  int32_t wanted = arguments.integer(2);
  const bool asksProperties = info.Length() > 3;
  const napi_value names = asksProperties ? arguments.array(3) : nullptr;
  const napi_value values = asksProperties ? arguments.array(4) : nullptr;
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);

  Writer writer(arguments.environment(), offset);
  const bool routed = socket->tagsWithRoutingId();
  const bool grouped = socket->tagsWithGroup();
  Message frame;  // one for all: libzmq closes what it held when the next one comes
  while (wanted > 0 && writer.hasRoom()) {
    if (zmq_msg_recv(frame.get(), socket->get(), ZMQ_DONTWAIT) < 0) {
      const int error = zmq_errno();
      if (error == EINTR) continue;
      if (writer.frames() == 0) return arguments.answer(error == EAGAIN ? 0 : -error);
      return arguments.answer(static_cast<int64_t>(writer.frames()) + (error == EAGAIN ? kEmptied : 0));
    }
    if (asksProperties && writer.frames() == 0) readProperties(arguments.env(), frame, names, values);
    const bool more = frame.more();  // asked before the frame may be moved into its Buffer
    bool done;
    if (routed) {
      const uint32_t id = zmq_msg_routing_id(frame.get());
      done = writer.put(frame, true) && writer.put(&id, sizeof id, more);
    } else if (grouped) {
      const std::string group = zmq_msg_group(frame.get());
      done = writer.put(frame, true) && writer.put(group.data(), group.size(), more);
    } else {
      done = writer.put(frame, more);
    }
    if (!done) return arguments.answer(-ENOMEM);
    if (!more) --wanted;
  }
  return arguments.answer(static_cast<int64_t>(writer.frames()));
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
