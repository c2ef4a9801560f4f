#include "block_pool.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <new>
#include <utility>

#include "mapped_memory.h"
#include "poison.h"

#ifndef ZMQ_NATIVE_SYSTEM_LIBZMQ
// libzmq's own. First, what platform it is for.
// clang-format off
#include <precompiled.hpp>
#include <msg.hpp>
// clang-format on
#endif

namespace zmq_native {
namespace {

/** Blocks that were not used for this long are given back to the system. */
constexpr auto kIdle = std::chrono::seconds(1);

}  // namespace

BlockPool& BlockPool::instance() {
  static auto* pool = [] {
    auto* const made = new BlockPool;
#ifndef ZMQ_NATIVE_SYSTEM_LIBZMQ
    zmq::msg_t::set_memory([](size_t size) { return instance().allocate(size); },
                           [](void* memory, size_t size) { instance().release(memory, size); });
#endif
    return made;
  }();
  return *pool;
}

size_t BlockPool::sizeOf(size_t index) {
  if (index == kChunkClass) return kChunk;
  const size_t octave = kLeast << (index / kSteps);
  return octave + octave / kSteps * (index % kSteps);
}

size_t BlockPool::classOf(size_t size) {
  size_t index = 0;
  while ((kLeast << (index / kSteps + 1)) < size) index += kSteps;
  while (sizeOf(index) < size) ++index;
  return index;
}

void* BlockPool::obtain(size_t index) { return index == kChunkClass ? mapMemory(kChunk) : std::malloc(sizeOf(index)); }

void BlockPool::giveBack(void* memory, size_t index) {
  // The system may map the addresses of a chunk again.
  ASAN_UNPOISON_MEMORY_REGION(memory, sizeOf(index));
  if (index == kChunkClass) {
    unmapMemory(memory, kChunk);
  } else {
    std::free(memory);
  }
}

void* BlockPool::take(size_t index) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Class& blocks = classes_[index];
    if (Block* const block = blocks.first) {
      blocks.first = block->next;
      blocks.unused = std::min(blocks.unused, --blocks.count);
      kept_ -= sizeOf(index);
      ASAN_UNPOISON_MEMORY_REGION(block, sizeOf(index));
      return block;
    }
  }
  return obtain(index);
}

void BlockPool::put(void* memory, size_t index) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (open_ && kept_ + sizeOf(index) <= kCapacity && (running_ || startThread())) {
      Class& blocks = classes_[index];
      blocks.first = new (memory) Block{blocks.first};
      ++blocks.count;
      kept_ += sizeOf(index);
      // A late use of it is found as if it were freed.
      ASAN_POISON_MEMORY_REGION(blocks.first + 1, sizeOf(index) - sizeof(Block));
      return;
    }
  }
  giveBack(memory, index);
}

void* BlockPool::allocate(size_t size) {
  return size < kLeast || size > kMost ? std::malloc(size) : take(classOf(size));
}

void BlockPool::release(void* memory, size_t size) {
  if (size < kLeast || size > kMost) {
    std::free(memory);
  } else {
    put(memory, classOf(size));
  }
}

void* BlockPool::allocateChunk() { return take(kChunkClass); }

void BlockPool::releaseChunk(void* chunk) { put(chunk, kChunkClass); }

BlockPool::Block* BlockPool::removeLast(size_t index, size_t count) {
  Class& blocks = classes_[index];
  Block** place = &blocks.first;
  for (size_t stay = blocks.count - count; stay > 0; --stay) place = &(*place)->next;
  blocks.count -= count;
  kept_ -= count * sizeOf(index);
  Block* const removed = *place;
  *place = nullptr;
  return removed;
}

bool BlockPool::startThread() {
  try {
    // The last one has ended, or ends without the lock.
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([this] { run(); });
    running_ = true;
  } catch (const std::exception&) {
    // The system has no room for another thread: blocks are not kept.
  }
  return running_;
}

void BlockPool::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (kept_ > 0) {
    closing_.wait_for(lock, kIdle, [this] { return !open_; });
    for (size_t index = 0; index < kClasses; ++index) {
      Block* blocks = removeLast(index, open_ ? classes_[index].unused : classes_[index].count);
      classes_[index].unused = classes_[index].count;
      if (blocks == nullptr) continue;
      lock.unlock();
      while (blocks != nullptr) giveBack(std::exchange(blocks, blocks->next), index);
      lock.lock();
    }
  }
  running_ = false;
}

void BlockPool::open() {
  const std::lock_guard<std::mutex> lock(mutex_);
  open_ = true;
}

void BlockPool::close() {
  std::thread ending;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = false;
    ending.swap(thread_);
  }
  closing_.notify_all();
  if (ending.joinable()) ending.join();
}

}  // namespace zmq_native
