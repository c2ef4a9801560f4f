// Memory for small outgoing frames: many share one block, instead of an allocation each that libzmq's I/O thread then
// frees across threads, which costs more than sending the frame. Filled on the environment's thread, freed on any.
#pragma once

#include <zmq.h>

#include <cstddef>

namespace zmq_native {

class SendArena {
 public:
  SendArena() = default;
  ~SendArena() { retire(); }
  SendArena(const SendArena&) = delete;
  SendArena& operator=(const SendArena&) = delete;

  /** Makes the empty `message` one of `size` bytes to be filled; false when memory runs out. */
  bool allocate(zmq_msg_t* message, size_t size);

 private:
  struct Block;

  void retire();
  static void release(void* data, void* block);

  Block* block_ = nullptr;
  size_t used_ = 0;
  int given_ = 0;
};

}  // namespace zmq_native
