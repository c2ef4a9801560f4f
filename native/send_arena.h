// Memory for small outgoing frames: many share one block, instead of an allocation each that libzmq's I/O thread then
// frees across threads, which costs more than sending the frame. Filled on the environment's thread, freed on any.
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

  /** Makes the empty `message` one of `size` bytes to be filled; false, and still empty, when memory runs out. */
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
