// Sending: frames of JavaScript become zmq_msg_t, without ever waiting. On the environment's thread.

#include <zmq.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "arguments.h"
#include "exports.h"
#include "message.h"

namespace zmq_native {
namespace {

constexpr int32_t kSent = 1;
constexpr int32_t kWouldBlock = 0;
// Strings up to this many UTF-8 bytes are measured and encoded in one step.
constexpr size_t kStackString = 1024;

int32_t noFrame(napi_env env) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "A frame must be a string or a Uint8Array");
  return -EINVAL;
}

int32_t fill(Message& message, const void* data, size_t size) {
  if (!message.allocate(size)) return -ENOMEM;
  if (size > 0) std::memcpy(message.data(), data, size);
  return 0;
}

/** Copies one frame, a Uint8Array or a string, into an empty message. Answers 0 or -errno. */
int32_t encode(napi_env env, napi_value frame, Message& message) {
  Bytes bytes;
  if (Arguments::bytesOf(env, frame, &bytes)) return fill(message, bytes.data, bytes.size);
  char text[kStackString];
  size_t size = 0;
  if (napi_get_value_string_utf8(env, frame, text, sizeof text, &size) != napi_ok) return noFrame(env);
  // Node-API stops before a character that does not fit, so only a clearly shorter result is known to be whole.
  if (size < sizeof text - 4) return fill(message, text, size);
  napi_get_value_string_utf8(env, frame, nullptr, 0, &size);
  std::string whole(size, '\0');
  napi_get_value_string_utf8(env, frame, whole.data(), size + 1, &size);
  return fill(message, whole.data(), size);
}

bool writable(void* socket) {
  int events = 0;
  size_t size = sizeof events;
  return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) == 0 && (events & ZMQ_POLLOUT) != 0;
}

/** Answers 0 or -errno. */
int32_t sendFrame(void* socket, Message& message, int flags) {
  while (zmq_msg_send(message.get(), socket, ZMQ_DONTWAIT | flags) < 0) {
    if (zmq_errno() != EINTR) return -zmq_errno();
  }
  return 0;
}

/** A message of JavaScript: one frame, or an array of them. */
class Frames {
 public:
  Frames(napi_env env, napi_value message) : env_(env), message_(message) {
    napi_is_array(env, message, &isArray_);
    if (isArray_) napi_get_array_length(env, message, &count_);
  }
  uint32_t count() const { return count_; }

  /** Copies all frames into `count()` empty messages. Answers 0 or -errno. */
  int32_t encodeAll(Message* frames) const {
    if (!isArray_) return encode(env_, message_, *frames);
    for (uint32_t index = 0; index < count_; ++index) {
      napi_value frame;
      if (napi_get_element(env_, message_, index, &frame) != napi_ok) return noFrame(env_);
      const int32_t error = encode(env_, frame, frames[index]);
      if (error != 0) return error;
    }
    return 0;
  }

 private:
  napi_env env_;
  napi_value message_;
  bool isArray_ = false;
  uint32_t count_ = 1;
};

/** Sends all frames or none. Answers kSent, kWouldBlock or -errno. */
int32_t sendMessage(napi_env env, const Socket& socket, napi_value message) {
  const Napi::HandleScope scope(env);
  const Frames source(env, message);
  const uint32_t count = source.count();
  while (true) {
    Message single;
    std::vector<Message> several(count == 1 ? 0 : count);
    Message* frames = count == 1 ? &single : several.data();
    // Every frame is there before the first is sent: what cannot be encoded leaves no half a message in the socket.
    int32_t result = source.encodeAll(frames);
    if (result != 0) return result;

    uint32_t sent = 0;
    while (sent < count && result == 0) {
      result = sendFrame(socket.get(), frames[sent], sent + 1 == count ? 0 : ZMQ_SNDMORE);
      if (result == 0) ++sent;
    }
    if (result == 0) return kSent;
    if (result != -EAGAIN) return result;
    if (sent == 0) {
      // libzmq looks for news from its I/O threads only now and then while sending; asking for the events looks.
      if (!writable(socket.get())) return kWouldBlock;
    } else if (socket.balancesLoad() && sent + 1 < count) {
      // The peer went in the middle of the message, and libzmq drops frames until the last one: give it a last one,
      // then begin again with the next peer.
      Message end;
      sendFrame(socket.get(), end, 0);
    }
  }
}

// trySend(handle, message) -> 1 sent, 0 would block, or -errno
Napi::Value trySend(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* socket = arguments.socket(0);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  return arguments.answer(sendMessage(arguments.env(), *socket, arguments.value(1)));
}

// trySendMany(handle, messages, from) -> messages sent, counted from index `from`; or -errno if that is the first's
// fate
Napi::Value trySendMany(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Socket* socket = arguments.socket(0);
  const napi_value messages = arguments.array(1);
  const int32_t from = arguments.integer(2);
  const int32_t to = arguments.integer(3);
  if (!arguments.ok()) return {};
  if (socket == nullptr) return arguments.answer(-ENOTSOCK);
  int64_t sent = 0;
  for (int32_t index = from; index < to; ++index) {
    const Napi::HandleScope scope(info.Env());
    napi_value message;
    if (napi_get_element(arguments.env(), messages, static_cast<uint32_t>(index), &message) != napi_ok) break;
    const int32_t result = sendMessage(arguments.env(), *socket, message);
    if (result < 0 && sent == 0) return arguments.answer(result);
    if (result != kSent) break;
    ++sent;
  }
  return arguments.answer(sent);
}

}  // namespace

void exportSender(Environment& environment, Napi::Object exports) {
  exportFunction<trySend>(environment, exports, "trySend");
  exportFunction<trySendMany>(environment, exports, "trySendMany");
}

}  // namespace zmq_native
