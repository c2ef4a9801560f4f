// Blocks of one size, cut from chunks of the pool. After a burst of messages, malloc would keep the memory of all
// blocks, since others lie between them; a chunk goes back to the system when its last block is released. Any thread.
#pragma once

#include <cstddef>
#include <mutex>

namespace zmq_native {

class Chunks {
 public:
  explicit Chunks(size_t blockSize);
  Chunks(const Chunks&) = delete;
  Chunks& operator=(const Chunks&) = delete;

  /** A block, aligned for any type, or null. */
  void* allocate();
  void release(void* block);

 private:
  /** Unused chunks that are kept. The pool keeps more, for a time. */
  static constexpr size_t kSpare = 1;

  struct Chunk;
  struct Place;

  Chunk* addChunk();
  void link(Chunk* chunk);
  void unlink(Chunk* chunk);

  std::mutex mutex_;
  /** Size of a place: a block and its header. */
  const size_t placeSize_;
  const size_t placesPerChunk_;
  /** Chunks that have a free place. */
  Chunk* available_ = nullptr;
  /** How many of these have no place in use. */
  size_t unused_ = 0;
};

}  // namespace zmq_native
