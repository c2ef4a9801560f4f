// Memory for large messages, and chunks for many small ones, used again instead of being given back to the system after
// each one: for the memory of a new message of 1 MiB, the system clears 256 pages. Any thread.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

namespace zmq_native {

class BlockPool {
 public:
  /** Blocks below this size are left to malloc, which keeps them anyway. */
  static constexpr size_t kLeast = 64 * 1024;
  /** Blocks above this size are left to malloc. */
  static constexpr size_t kMost = 32 * 1024 * 1024;

  /** The pool of the process, which is never destroyed: libzmq's threads may outlive static destructors. */
  static BlockPool& instance();

  /** Memory of at least `size` bytes, or null. */
  void* allocate(size_t size);
  /** Takes back memory of `allocate(size)`. */
  void release(void* memory, size_t size);

  /** Size of a chunk. */
  static constexpr size_t kChunk = 1024 * 1024;
  /** A chunk, or null. Once it is not kept any more, its memory goes back to the system. */
  void* allocateChunk();
  /** Takes back a chunk. */
  void releaseChunk(void* chunk);

  /** Begins and ends the keeping of blocks and chunks. `close` gives all blocks to the system and ends the pool's
   * thread. */
  void open();
  void close();

 private:
  /** Bytes that are kept at most. V8 collects external Buffers about every 64 MiB, all at once. */
  static constexpr size_t kCapacity = 64 * 1024 * 1024;
  /** Sizes between two powers of two, so that a block is at most a quarter larger than what it is for. */
  static constexpr size_t kSteps = 4;
  static constexpr size_t kOctaves = 9;
  /** The class of chunks. Those of blocks are before it. */
  static constexpr size_t kChunkClass = kOctaves * kSteps + 1;
  static constexpr size_t kClasses = kChunkClass + 1;

  struct Block {
    Block* next;
  };
  /** Free blocks of one size, the last one that was released first. */
  struct Class {
    Block* first = nullptr;
    size_t count = 0;
    /** The fewest there were since the thread last looked: that many were of no use. */
    size_t unused = 0;
  };

  BlockPool() = default;
  static size_t classOf(size_t size);
  static size_t sizeOf(size_t index);
  static void* obtain(size_t index);
  static void giveBack(void* memory, size_t index);

  void* take(size_t index);
  void put(void* memory, size_t index);
  /** Takes the last `count` blocks of a class out. */
  Block* removeLast(size_t index, size_t count);
  bool startThread();
  void run();

  std::mutex mutex_;
  std::condition_variable closing_;
  std::array<Class, kClasses> classes_;
  size_t kept_ = 0;
  bool open_ = false;
  /** The thread runs, or is about to end because nothing is kept. */
  bool running_ = false;
  std::thread thread_;
};

}  // namespace zmq_native
