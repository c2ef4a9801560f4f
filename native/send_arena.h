// Memory for small outgoing frames. Many share one block, instead of one allocation each that libzmq's I/O thread frees
// across threads, which costs more than sending the frame. Filled on the environment's thread, freed on any.
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

 private:
  struct Block;

  void retire();
  static void release(void* data, void* block);

  Block* block_ = nullptr;
  size_t used_ = 0;
  int given_ = 0;
};

}  // namespace zmq_native
