// Receives messages from a socket into the environment's slab and frame table. Used on the environment's thread.

#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "arguments.h"
#include "exports.h"
#include "frame_memory.h"
#include "message.h"

namespace zmq_native {
namespace {

// A row of the frame table; lib/message/slab.ts reads the same format. Bit 0: more frames follow. Bit 1: the frame has
// its own Buffer, the next in the array of large frames. From bit 2: the length of a frame in the slab.
constexpr int32_t kMore = 1;
constexpr int32_t kOwnBuffer = 2;
constexpr int kLengthShift = 2;

// Frames in the slab start at multiples of this, so that typed arrays of all kinds can view them.
constexpr size_t kAlignment = 8;
// A frame larger than this share of the slab gets its own Buffer, so that a kept message keeps little other memory
// alive.
constexpr size_t kSlabShare = 4;
// From this size up, wrapping libzmq's memory is faster than copying it (docs/performance.md).
constexpr size_t kExternalSize = 512 * 1024;
// A call stops after this many bytes in separate Buffers: more would drop out of the cache before JavaScript reads
// them.
constexpr size_t kLargeBatch = 1024 * 1024;
// Added to the count of frames if the call ended because libzmq had no more.
constexpr int64_t kEmptied = 1 << 16;
constexpr size_t kLongestProperty = 256;

/** Copies bytes. Null if there is no memory. */
napi_value copied(napi_env env, const void* data, size_t size) {
  napi_value buffer = nullptr;
  if (napi_create_buffer_copy(env, size, data, nullptr, &buffer) == napi_ok) return buffer;
  clearException(env);
  return nullptr;
}

napi_value ownBuffer(const Environment& environment, Message& frame) {
  // Over inproc, several receivers get the same bytes. Two ArrayBuffers on one address crash V8, so they are copied.
  const bool lendable = environment.runtime.hasExternalMemory && frame.size() >= kExternalSize && !frame.shared();
  FrameMemory* const memory = lendable ? FrameMemory::of(frame) : nullptr;
  if (memory == nullptr) return copied(environment.env, frame.data(), frame.size());
  napi_value buffer = wrap(environment, *memory);
  if (buffer == nullptr) buffer = copied(environment.env, memory->data(), memory->size());
  memory->release();
  return buffer;
}

/** Writes frames one after the other into the slab, and a row for each into the table. */
class Writer {
 public:
  Writer(const Environment& environment, const Bytes& slab, size_t offset)
      : environment_(environment), slab_(slab), offset_(offset), messageOffset_(offset) {}

  size_t frames() const { return frames_; }
  /** Whether there is room for one more message part: two frames if it has a tag. */
  bool hasRoom() const {
    return frames_ + 2 <= environment_.area.tableSize && offset_ < slab_.size && largeBytes_ < kLargeBatch;
  }

  /** Returns 0, -EMSGSIZE for a frame that is too long for a Buffer, or -ENOMEM. */
  int32_t put(Message& frame, bool more) {
    const size_t size = frame.size();
    if (fits(size)) return copy(frame.data(), size, more);
    if (size > environment_.runtime.longestBuffer) return -EMSGSIZE;
    if (size > share()) largeBytes_ += size;
    return putBuffer(ownBuffer(environment_, frame), size, more);
  }

  int32_t put(const void* data, size_t size, bool more) {
    if (fits(size)) return copy(data, size, more);
    return putBuffer(copied(environment_.env, data, size), size, more);
  }

  /** The start of the current message, for `forget`. */
  void beginMessage() {
    messageFrames_ = frames_;
    messageLarge_ = largeCount_;
    messageOffset_ = offset_;
  }
  /** Removes the frames of the current message. */
  void forget() {
    frames_ = messageFrames_;
    largeCount_ = messageLarge_;
    offset_ = messageOffset_;
  }

 private:
  size_t share() const { return slab_.size / kSlabShare; }
  bool fits(size_t size) const { return size <= share() && offset_ < slab_.size && size <= slab_.size - offset_; }

  int32_t copy(const void* data, size_t size, bool more) {
    if (size > 0) std::memcpy(slab_.data + offset_, data, size);
    offset_ += (size + kAlignment - 1) & ~(kAlignment - 1);
    return row(static_cast<int32_t>(size) << kLengthShift, more);
  }

  int32_t putBuffer(napi_value buffer, size_t size, bool more) {
    if (large_ == nullptr) large_ = environment_.largeFrames();
    // The element exists already, so setting it runs no setter in JavaScript.
    if (buffer == nullptr || large_ == nullptr ||
        napi_set_element(environment_.env, large_, largeCount_, buffer) != napi_ok) {
      return -ENOMEM;
    }
    ++largeCount_;
    if (size <= share()) offset_ = slab_.size;  // the slab is full: stop after this frame
    return row(kOwnBuffer, more);
  }

  int32_t row(int32_t row, bool more) {
    environment_.area.table[frames_++] = more ? row | kMore : row;
    return 0;
  }

  const Environment& environment_;
  const Bytes slab_;
  napi_value large_ = nullptr;
  uint32_t largeCount_ = 0;
  size_t largeBytes_ = 0;
  size_t frames_ = 0;
  size_t offset_;
  size_t messageFrames_ = 0;
  uint32_t messageLarge_ = 0;
  size_t messageOffset_;
};

/**
 * Reads properties of a message, such as its peer's address, into an array: text, or null if missing.
 * lib/socket/receiver.ts created both arrays and filled every index, so this runs no user code.
 */
void readProperties(napi_env env, Message& frame, napi_value names, napi_value values) {
  uint32_t count = 0;
  if (napi_get_array_length(env, names, &count) != napi_ok) return;
  for (uint32_t index = 0; index < count; ++index) {
    napi_value name = nullptr;
    napi_value value = nullptr;
    char text[kLongestProperty];
    if (napi_get_element(env, names, index, &name) != napi_ok ||
        napi_get_value_string_utf8(env, name, text, sizeof text, nullptr) != napi_ok) {
      continue;
    }
    const char* const found = zmq_msg_gets(frame.get(), text);
    // A property that cannot be converted is treated as missing.
    if (found == nullptr || napi_create_string_utf8(env, found, NAPI_AUTO_LENGTH, &value) != napi_ok ||
        napi_set_element(env, values, index, value) != napi_ok) {
      continue;
    }
  }
}

/** The state of one call of receive(). */
struct Reception {
  const Socket& socket;
  Writer& writer;
  /** Reused for all frames: libzmq closes its content before it receives the next one. */
  Message frame;

  /** Receives the next frame. Returns 0 or -errno. */
  int32_t take() {
    while (zmq_msg_recv(frame.get(), socket.get(), ZMQ_DONTWAIT) < 0) {
      if (zmq_errno() != EINTR) return -zmq_errno();
    }
    return 0;
  }

  /** Writes the frame and its tag. Returns the same as Writer::put. */
  int32_t put(bool more) {
    if (socket.tagsWithRoutingId()) {
      const uint32_t id = zmq_msg_routing_id(frame.get());
      const int32_t error = writer.put(frame, true);
      return error != 0 ? error : writer.put(&id, sizeof id, more);
    }
    if (socket.tagsWithGroup()) {
      // Copied first, since the frame may be moved into its Buffer.
      char group[ZMQ_GROUP_MAX_LENGTH + 1];
      const size_t size = std::strlen(zmq_msg_group(frame.get()));
      std::memcpy(group, zmq_msg_group(frame.get()), size);
      const int32_t error = writer.put(frame, true);
      return error != 0 ? error : writer.put(group, size, more);
    }
    return writer.put(frame, more);
  }

  /** Drops a message that cannot be delivered, including its frames that are still in libzmq. */
  void drop(bool more) {
    writer.forget();
    while (more && take() == 0) more = frame.more();
  }
};

// receive(handle, slab: ArrayBuffer, offset, maxMessages, names?, values?) -> number of frames, 0 if none is ready, or
// -errno; plus kEmptied if libzmq had no more. Stops at the end of the slab or the table, or after `maxMessages`
// messages. Every frame received from libzmq is in the result. A message that is too long for a Buffer is dropped as a
// whole: with -EMSGSIZE or -ENOMEM from this call if no message came before it, else from the next. `values` receives
// the first message's properties by `names`. The slab is passed in each call, since JavaScript may have detached its
// memory.
Napi::Value receive(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  Socket* socket = arguments.socket(0);
  const Bytes slab = arguments.memory(1);
  const size_t offset = static_cast<uint32_t>(arguments.integer(2));
  int32_t wanted = arguments.integer(3);
  const bool asksProperties = info.Length() > 4;
  const napi_value names = asksProperties ? arguments.array(4) : nullptr;
  const napi_value values = asksProperties ? arguments.array(5) : nullptr;
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  if (const int32_t failure = std::exchange(socket->failure, 0)) return arguments.answer(failure);

  Writer writer(arguments.environment(), slab, offset);
  Reception reception{*socket, writer, {}};
  while (wanted > 0 && writer.hasRoom()) {
    int32_t error = reception.take();
    if (error != 0) {
      if (writer.frames() == 0) return arguments.answer(error == -EAGAIN ? 0 : error);
      return arguments.answer(static_cast<int64_t>(writer.frames()) + (error == -EAGAIN ? kEmptied : 0));
    }
    if (asksProperties && writer.frames() == 0) readProperties(arguments.env(), reception.frame, names, values);
    const bool more = reception.frame.more();  // asked before the frame may be moved into its Buffer
    error = reception.put(more);
    if (error != 0) {
      reception.drop(more);
      if (writer.frames() == 0) return arguments.answer(error);
      socket->failure = error;
      break;
    }
    if (more) continue;
    --wanted;
    writer.beginMessage();
  }
  return arguments.answer(static_cast<int64_t>(writer.frames()));
}

// setReceiveArea(table: Uint8Array over an Int32Array, largeFrames: Array) -> 0 or -ENOMEM: sets where receive() writes
// rows and the Buffers of frames outside the slab. The array has as many elements as one call can need.
Napi::Value setReceiveArea(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  arguments.bytes(0);
  const napi_value largeFrames = arguments.array(1);
  if (!arguments.ok()) return {};
  return arguments.answer(arguments.environment().setReceiveArea(arguments.value(0), largeFrames) ? 0 : -ENOMEM);
}

}  // namespace

void exportReceiver(Exports& exports) {
  exports.add<receive>("receive");
  exports.add<setReceiveArea>("setReceiveArea");
}

}  // namespace zmq_native
