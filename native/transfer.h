// One send with `transfer`: frames that fill a whole ArrayBuffer leave it detached. If the ArrayBuffer has memory of
// this library, the message takes that memory over, else a copy. Used on the environment's thread.
//
// The memory of V8 is always copied. Only V8 can free it, on the thread of its isolate, and libzmq may need it after
// that thread has ended.
#pragma once

#include <vector>

#include "frame_memory.h"
#include "socket.h"

namespace zmq_native {

class Transfer {
 public:
  explicit Transfer(napi_env env) : env_(env) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() { restart(); }

  /** Releases the memory of all frames, before they are encoded again. */
  void restart();

  enum class Taken { kNone, kMemory, kNoMemory };
  /**
   * Gives an empty message the memory of a frame. Returns kNone if the frame has to be copied, and kNoMemory if memory
   * for the message runs out. The same memory is taken only once: two frames of a message never have the same
   * bytes.
   */
  Taken take(napi_value frame, Message& message, Socket& socket);

  /** Detaches the ArrayBuffer of a frame, after libzmq has accepted the message. */
  void detach(napi_value frame);

 private:
  /** The ArrayBuffer of a frame that fills it, and its memory. Null for any other frame. */
  napi_value wholeOf(napi_value frame, void** data, size_t* size) const;

  napi_env env_;
  /** The memory of the message, with a reference each. */
  std::vector<FrameMemory*> taken_;
};

}  // namespace zmq_native
