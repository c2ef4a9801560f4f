// Memory for small outgoing frames. Many share one block, instead of one allocation each that libzmq's I/O thread frees
// across threads, which costs more than sending the frame. Large frames are counted. Filled on the environment's
// thread, freed on any.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "message.h"

namespace zmq_native {

class SendArena {
 public:
  SendArena() = default;
  ~SendArena() { retire(); }
  SendArena(const SendArena&) = delete;
  SendArena& operator=(const SendArena&) = delete;

  /** Gives the empty `message` memory for `size` bytes. Returns false, and leaves it empty, if memory runs out. */
  bool allocate(Message& message, size_t size);

  /** Bytes in large frames of a socket that libzmq still holds. Frames may outlive their socket. Null before the first.
   */
  using Held = std::shared_ptr<std::atomic<size_t>>;
  static bool isLarge(size_t size);
  /** Like `allocate`, for a large frame, which is added to `held`. */
  static bool allocateLarge(Message& message, size_t size, Held& held);

 private:
  struct Block;

  void retire();
  static void release(void* data, void* block);

  Block* block_ = nullptr;
  size_t used_ = 0;
  int given_ = 0;
};

}  // namespace zmq_native
