// One send with `transfer`: frames that fill a whole ArrayBuffer leave it detached. If the ArrayBuffer has memory of
// this library, the message takes that memory over, else a copy. Used on the environment's thread.
//
// The memory of V8 is always copied. Only V8 can free it, on the thread of its isolate, and libzmq may need it after
// that thread has ended.
#pragma once

#include <cstdint>
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

  /**
   * Reads the frames, all before the first is sent: a call of Node-API that failed afterwards would leave the program
   * with memory that it has sent. False if Node-API fails.
   */
  bool read(napi_value array);
  uint32_t count() const { return static_cast<uint32_t>(frames_.size()); }
  napi_value frame(uint32_t index) const { return frames_[index].value; }

  /** Releases the memory of all frames, before they are encoded again. */
  void restart();

  enum class Taken { kNone, kMemory, kNoMemory };
  /**
   * Gives an empty message the memory of a frame. Returns kNone if the frame has to be copied, and kNoMemory if memory
   * for the message runs out. The same memory is taken only once: two frames of a message never have the same
   * bytes.
   */
  Taken take(uint32_t index, Message& message, Socket& socket);

  /** Detaches the ArrayBuffers of the frames, after libzmq has accepted the message. */
  void detach();

 private:
  struct Frame {
    napi_value value = nullptr;
    /** The ArrayBuffer that the frame fills. Null if it does not fill one. */
    napi_value buffer = nullptr;
    void* data = nullptr;
    size_t size = 0;
    /** The memory that the message has taken, with a reference. Null if the frame is copied. */
    FrameMemory* memory = nullptr;
    /** The reference of the ArrayBuffer. Null if another thread has created it. */
    Lent* lent = nullptr;
  };

  void readBuffer(Frame& frame) const;
  bool hasTaken(const FrameMemory* memory) const;

  napi_env env_;
  std::vector<Frame> frames_;
};

}  // namespace zmq_native
