// Memory for small outgoing frames. Many share one block, instead of one allocation each that libzmq's I/O thread frees
// across threads, which costs more than sending the frame. Large frames are counted. Filled on the environment's
// thread, freed on any.
#pragma once

#include <cstddef>

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

  /** Returns the bytes in large frames that libzmq still holds, for all threads. */
  static size_t heldBytes();
  /** Begins a message: `isCrowded` concerns the large frames that follow. */
  void forgetLargeFrames() { largest_ = 0; }
  /**
   * Returns whether the message has a large frame and libzmq holds so many bytes that the sender should wait. The next
   * message then reuses memory of sent messages. Otherwise the system has to map and clear new memory for it.
   */
  bool isCrowded() const;

 private:
  struct Block;

  static bool allocateLarge(Message& message, size_t size);
  void retire();
  static void release(void* data, void* block);

  /** The size of the largest frame of the message, 0 if it has no large one. */
  size_t largest_ = 0;
  Block* block_ = nullptr;
  size_t used_ = 0;
  int given_ = 0;
};

}  // namespace zmq_native
