// Sends messages: converts frames of JavaScript to zmq_msg_t, and never blocks. Used on the environment's thread.

#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "arguments.h"
#include "exports.h"
#include "message.h"
#include "transfer.h"

namespace zmq_native {
namespace {

constexpr int32_t kSent = 1;
constexpr int32_t kSentInCrowd = 2;
constexpr int32_t kWouldBlock = 0;
// Strings up to this many UTF-8 bytes are measured and encoded in one step.
constexpr size_t kStackString = 1024;
// Messages of up to this many frames need no allocation for their list of frames.
constexpr uint32_t kFewFrames = 4;

int32_t noFrame(napi_env env) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "A frame must be a string or a Uint8Array");
  return -EINVAL;
}

/** Gives an empty message memory for `size` bytes. Answers 0 or -errno. */
int32_t allocate(Environment& environment, Message& message, size_t size) {
  if (!SendArena::isLarge(size)) return environment.sendArena.allocate(message, size) ? 0 : -ENOMEM;
  // A getter among the frames may have closed the socket.
  Socket* const socket = environment.sockets.find(environment.sender);
  if (socket == nullptr) return -ENOTSOCK;
  environment.largestFrame = std::max(environment.largestFrame, size);
  return SendArena::allocateLarge(message, size, socket->held) ? 0 : -ENOMEM;
}

int32_t fill(Environment& environment, Message& message, const void* data, size_t size) {
  const int32_t error = allocate(environment, message, size);
  if (error != 0) return error;
  if (size > 0) std::memcpy(message.data(), data, size);
  return 0;
}

/** Copies a string into an empty message. Returns 0, -errno, or -EINVAL with a TypeError pending for another type. */
int32_t encodeString(Environment& environment, napi_value frame, Message& message) {
  const napi_env env = environment.env;
  char text[kStackString];
  size_t size = 0;
  if (napi_get_value_string_utf8(env, frame, text, sizeof text, &size) != napi_ok) return noFrame(env);
  // Node-API stops before a character that does not fit, so only a clearly shorter result is known to be complete.
  if (size < sizeof text - 4) return fill(environment, message, text, size);
  if (napi_get_value_string_utf8(env, frame, nullptr, 0, &size) != napi_ok) return noFrame(env);
  std::string whole(size, '\0');
  if (napi_get_value_string_utf8(env, frame, whole.data(), size + 1, &size) != napi_ok) return noFrame(env);
  return fill(environment, message, whole.data(), size);
}

/** Copies a frame, a Uint8Array or a string, into an empty message. Returns the same as encodeString. */
int32_t encode(Environment& environment, napi_value frame, Message& message) {
  Bytes bytes;
  if (Arguments::bytesOf(environment.env, frame, &bytes)) {
    return fill(environment, message, bytes.data, bytes.size);
  }
  return encodeString(environment, frame, message);
}

/**
 * Sets the tag of the first frame to the content of the second: a routing id (a whole number) or a group. Returns 0,
 * -errno, or -EINVAL with a TypeError pending.
 */
int32_t tag(napi_env env, const Socket& socket, Message& frame, napi_value value) {
  if (socket.tagsWithRoutingId()) {
    uint32_t id = 0;
    if (napi_get_value_uint32(env, value, &id) != napi_ok) {
      napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "A routing id must be a number");
      return -EINVAL;
    }
    return zmq_msg_set_routing_id(frame.get(), id) == 0 ? 0 : -zmq_errno();
  }
  char group[ZMQ_GROUP_MAX_LENGTH + 2] = {};
  Bytes bytes;
  size_t size = 0;
  if (Arguments::bytesOf(env, value, &bytes)) {
    size = bytes.size;
    if (size > 0 && size <= ZMQ_GROUP_MAX_LENGTH) std::memcpy(group, bytes.data, size);
  } else if (napi_get_value_string_utf8(env, value, group, sizeof group, &size) != napi_ok) {
    return noFrame(env);
  }
  // A longer string fills the array: its last byte exists only to detect that.
  if (size > ZMQ_GROUP_MAX_LENGTH) return -EINVAL;
  return zmq_msg_set_group(frame.get(), group) == 0 ? 0 : -zmq_errno();
}

bool writable(void* socket) {
  int events = 0;
  size_t size = sizeof events;
  return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLOUT) != 0;
}

/** Returns 0 or -errno. */
int32_t sendFrame(void* socket, Message& message, int flags) {
  while (zmq_msg_send(message.get(), socket, ZMQ_DONTWAIT | flags) < 0) {
    if (zmq_errno() != EINTR) return -zmq_errno();
  }
  return 0;
}

/** Sends a message of one frame. Returns kSent, kWouldBlock or -errno. */
int32_t sendSingle(const Socket& socket, Message& frame) {
  int32_t result = sendFrame(socket.get(), frame, 0);
  // The system's libzmq processes commands once per millisecond while sending; reading the events processes them at
  // once. The bundled libzmq does it before each send (vendor/patches/libzmq/threads/commands-before-send.patch). Only
  // once: an XPUB with nodrop is reported as writable even when it is full.
  if (result == -EAGAIN && writable(socket.get())) result = sendFrame(socket.get(), frame, 0);
  if (result == 0) return kSent;
  return result == -EAGAIN ? kWouldBlock : result;
}

/**
 * The frames of a message: the elements of an array, or the arguments of a call, which are ten times as fast to read.
 */
class Frames {
 public:
  Frames(napi_env env, napi_value array) : env_(env), array_(array) {
    if (napi_get_array_length(env, array, &count_) != napi_ok) count_ = 0;
  }
  /** The arguments of `info` from `first` on. */
  Frames(const Napi::CallbackInfo& info, size_t first)
      : env_(info.Env()), info_(&info), first_(first), count_(static_cast<uint32_t>(info.Length() - first)) {}
  /** The frames that `transfer` has read. */
  Frames(napi_env env, Transfer& transfer) : env_(env), transfer_(&transfer), count_(transfer.count()) {}

  uint32_t count() const { return count_; }
  /**
   * Elements of an array are properties. lib/message/frames.ts defines them, but a program may have modified arrays.
   */
  bool mayRunCode() const { return array_ != nullptr; }

  /** The frame at `index`, or null. */
  napi_value at(uint32_t index) const {
    if (info_ != nullptr) return (*info_)[first_ + index];
    if (transfer_ != nullptr) return transfer_->frame(index);
    napi_value frame = nullptr;
    return napi_get_element(env_, array_, index, &frame) == napi_ok ? frame : nullptr;
  }

  /** Copies or transfers the frame at `index`, whose value is `frame`, into an empty message. Returns the same as
   * encode.
   */
  int32_t encodeOne(Environment& environment, uint32_t index, napi_value frame, Message& message) const {
    if (transfer_ != nullptr) {
      Socket* const socket = environment.sockets.find(environment.sender);
      if (socket == nullptr) return -ENOTSOCK;
      const Transfer::Taken taken = transfer_->take(index, message, *socket);
      if (taken == Transfer::Taken::kNoMemory) return -ENOMEM;
      if (taken == Transfer::Taken::kMemory) {
        environment.largestFrame = std::max(environment.largestFrame, message.size());
        return 0;
      }
    }
    return encode(environment, frame, message);
  }

  /** Copies or transfers all frames into `count()` empty messages. Returns the same as encode. */
  int32_t encodeAll(Environment& environment, Message* messages) const {
    if (transfer_ != nullptr) transfer_->restart();
    for (uint32_t index = 0; index < count_; ++index) {
      const napi_value frame = at(index);
      if (frame == nullptr) return noFrame(env_);
      const int32_t error = encodeOne(environment, index, frame, messages[index]);
      if (error != 0) return error;
    }
    return 0;
  }

 private:
  napi_env env_;
  napi_value array_ = nullptr;
  Transfer* transfer_ = nullptr;
  const Napi::CallbackInfo* info_ = nullptr;
  size_t first_ = 0;
  uint32_t count_ = 0;
};

/** Whether the socket is still open after user code may have run. */
bool isOpen(const Environment& environment, int32_t handle, const Socket& socket) {
  return environment.sockets.find(handle) == &socket;
}

/** Sends a frame and its tag. Returns kSent, kWouldBlock or -errno. */
int32_t sendTagged(Environment& environment, int32_t handle, const Socket& socket, const Frames& source) {
  if (source.count() != 2) return -EINVAL;
  const Napi::HandleScope scope(environment.env);
  Message frame;
  const napi_value content = source.at(0);
  const napi_value tagged = source.at(1);
  if (source.mayRunCode() && !isOpen(environment, handle, socket)) return -ENOTSOCK;
  if (content == nullptr || tagged == nullptr) return noFrame(environment.env);
  int32_t error = source.encodeOne(environment, 0, content, frame);
  if (error == 0) error = tag(environment.env, socket, frame, tagged);
  return error == 0 ? sendSingle(socket, frame) : error;
}

/** Sends all frames or none. Returns kSent, kWouldBlock or -errno. */
int32_t sendMultipart(Environment& environment, int32_t handle, const Socket& socket, const Frames& source) {
  if (socket.tagsWithRoutingId() || socket.tagsWithGroup()) return sendTagged(environment, handle, socket, source);
  const Napi::HandleScope scope(environment.env);
  const uint32_t count = source.count();
  // TypeScript sends no message without frames: Node-API could not read the length, as in a worker that is terminated.
  if (count == 0) return -ENOMEM;
  bool asked = false;
  while (true) {
    // All frames are converted before the first is sent: an error must not leave half a message in the socket.
    Message few[kFewFrames];
    std::vector<Message> many(count > kFewFrames ? count : 0);
    Message* const frames = count > kFewFrames ? many.data() : few;
    int32_t result = source.encodeAll(environment, frames);
    if (result != 0) return result;
    if (source.mayRunCode() && !isOpen(environment, handle, socket)) return -ENOTSOCK;

    uint32_t sent = 0;
    while (sent < count && result == 0) {
      result = sendFrame(socket.get(), frames[sent], sent + 1 == count ? 0 : ZMQ_SNDMORE);
      if (result == 0) ++sent;
    }
    if (result == 0) return kSent;
    if (result != -EAGAIN) return result;
    if (sent == 0 && (asked || !writable(socket.get()))) return kWouldBlock;
    asked = sent == 0;
    if (sent > 0 && socket.balancesLoad() && sent + 1 < count) {
      // The peer disconnected in the middle of the message, and libzmq drops frames until the last one. Send a last
      // frame, then start again with the next peer.
      Message end;
      sendFrame(socket.get(), end, 0);
    }
  }
}

/** Sends one message: a frame or an array of frames. Returns kSent, kWouldBlock or -errno. */
int32_t sendMessage(Environment& environment, int32_t handle, const Socket& socket, napi_value value) {
  Bytes bytes;
  Message frame;
  int32_t error;
  // Uint8Array is checked first: most messages are one, and each call of Node-API takes time.
  if (Arguments::bytesOf(environment.env, value, &bytes)) {
    error = fill(environment, frame, bytes.data, bytes.size);
  } else {
    bool isArray = false;
    if (napi_is_array(environment.env, value, &isArray) != napi_ok) return noFrame(environment.env);
    if (isArray) return sendMultipart(environment, handle, socket, Frames(environment.env, value));
    error = encodeString(environment, value, frame);
  }
  return error == 0 ? sendSingle(socket, frame) : error;
}

/** Sets the socket of the current send. A getter among the frames may begin another send in the middle of it. */
class Sending {
 public:
  Sending(Environment& environment, int32_t handle)
      : environment_(environment),
        sender_(std::exchange(environment.sender, handle)),
        largestFrame_(std::exchange(environment.largestFrame, 0)) {}
  ~Sending() {
    environment_.sender = sender_;
    environment_.largestFrame = largestFrame_;
  }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

 private:
  Environment& environment_;
  const int32_t sender_;
  const size_t largestFrame_;
};

/** libzmq may hold this many bytes, plus two messages, before a sender waits. A loopback connection sends them in 10
 * ms. */
constexpr size_t kCrowded = 16 * 1024 * 1024;

/**
 * Whether the message has a large frame and libzmq holds so many bytes of the socket that the sender should wait. The
 * next message then reuses memory of sent messages. Otherwise the system has to map and clear new memory for it.
 */
bool isCrowded(const Environment& environment, const Socket& socket) {
  return environment.largestFrame > 0 && socket.held != nullptr &&
         socket.held->load(std::memory_order_relaxed) > kCrowded + 2 * environment.largestFrame;
}

// trySend(handle, ...frames) or trySend(handle, frames: array) -> 1 sent, 2 sent and libzmq holds so many bytes that
// the sender should wait, 0 would block, or -errno
Napi::Value trySend(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t handle = arguments.integer(0);
  if (!arguments.ok()) return {};
  Environment& environment = arguments.environment();
  const Socket* socket = environment.sockets.find(handle);
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  const Sending sending(environment, handle);
  const int32_t result = info.Length() > 2 ? sendMultipart(environment, handle, *socket, Frames(info, 1))
                                           : sendMessage(environment, handle, *socket, arguments.value(1));
  return arguments.answer(result == kSent && isCrowded(environment, *socket) ? kSentInCrowd : result);
}

// tryTransfer(handle, frames: array) -> like trySend. If the message is sent, the ArrayBuffers that its frames fill are
// detached, and the message has their memory, or a copy (native/transfer.h).
Napi::Value tryTransfer(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t handle = arguments.integer(0);
  const napi_value array = arguments.array(1);
  if (!arguments.ok()) return {};
  Environment& environment = arguments.environment();
  Transfer transfer(environment.env);
  // TypeScript passes no empty array.
  if (!transfer.read(array) || transfer.count() == 0) return arguments.answer(-ENOMEM);
  // An element may have run user code.
  const Socket* const socket = environment.sockets.find(handle);
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  const Sending sending(environment, handle);
  const int32_t result = sendMultipart(environment, handle, *socket, Frames(environment.env, transfer));
  if (result != kSent) return arguments.answer(result);
  transfer.detach();
  return arguments.answer(isCrowded(environment, *socket) ? kSentInCrowd : kSent);
}

// heldBytes(handle) -> bytes in large frames of the socket that libzmq still holds, or -errno
Napi::Value heldBytes(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t handle = arguments.integer(0);
  if (!arguments.ok()) return {};
  const Socket* socket = arguments.environment().sockets.find(handle);
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  return arguments.answer(socket->held == nullptr ? int64_t{0} : static_cast<int64_t>(socket->held->load()));
}

// trySendMany(handle, ...messages) -> how many were sent; or -errno if the first one failed. Arguments cost less than
// elements of an array.
Napi::Value trySendMany(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t handle = arguments.integer(0);
  if (!arguments.ok()) return {};
  const Socket* socket = arguments.environment().sockets.find(handle);
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  const Sending sending(arguments.environment(), handle);
  int64_t sent = 0;
  for (size_t index = 1; index < info.Length(); ++index) {
    const int32_t result = sendMessage(arguments.environment(), handle, *socket, arguments.value(index));
    if (result < 0 && sent == 0) return arguments.answer(result);
    if (result != kSent) break;
    ++sent;
  }
  return arguments.answer(sent);
}

}  // namespace

void exportSender(Exports& exports) {
  exports.add<trySend>("trySend");
  exports.add<trySendMany>("trySendMany");
  exports.add<tryTransfer>("tryTransfer");
  exports.add<heldBytes>("heldBytes");
}

}  // namespace zmq_native
