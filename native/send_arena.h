// Memory for small outgoing frames: many share one block, instead of an allocation each that libzmq's I/O thread then
// frees across threads, which costs more than sending the frame. Large frames are counted, so that a sender can go at
// the pace of the wire. Filled on the environment's thread, freed on any.
#pragma once

#include <cstddef>
#include <utility>

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

  /** Bytes in large frames of all threads that libzmq still holds. */
  static size_t heldBytes();
  /**
   * Whether a large frame was allocated since the last call, and libzmq holds so many bytes that a sender should wait:
   * it would otherwise copy into memory that the system maps anew, instead of into that of messages that are sent.
   */
  bool isCrowded() { return isCrowdedBy(std::exchange(largest_, 0)); }

 private:
  struct Block;

  static bool isCrowdedBy(size_t size);
  static bool allocateLarge(Message& message, size_t size);
  void retire();
  static void release(void* data, void* block);

  /** Of the large frames since the last question. */
  size_t largest_ = 0;
  Block* block_ = nullptr;
  size_t used_ = 0;
  int given_ = 0;
};

}  // namespace zmq_native
