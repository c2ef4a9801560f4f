#include "send_arena.h"

#include <new>

#include "block_pool.h"

namespace zmq_native {
namespace {

/** The data to free a large frame. */
struct Large {
  void* memory;
  size_t size;
  SendArena::Held held;
};

void releaseLarge(void*, void* hint) {
  const std::unique_ptr<Large> large(static_cast<Large*>(hint));
  BlockPool::instance().release(large->memory, large->size);
  large->held->fetch_sub(large->size, std::memory_order_relaxed);
}

}  // namespace

bool SendArena::isLarge(size_t size) { return size >= BlockPool::kLeast; }

bool SendArena::allocateLarge(Message& message, size_t size, Held& held) {
  std::unique_ptr<Large> large;
  try {
    if (held == nullptr) held = std::make_shared<std::atomic<size_t>>(0);
    large.reset(new Large{nullptr, size, held});
  } catch (const std::bad_alloc&) {
    return false;
  }
  large->memory = BlockPool::instance().allocate(size);
  if (large->memory == nullptr) return false;
  if (!message.adopt(large->memory, size, releaseLarge, large.get())) {
    BlockPool::instance().release(large->memory, size);
    return false;
  }
  large.release();
  held->fetch_add(size, std::memory_order_relaxed);
  return true;
}

}  // namespace zmq_native

#ifdef ZMQ_NATIVE_SYSTEM_LIBZMQ

// The internals of a libzmq that was built elsewhere are unknown, so each frame gets its own allocation.
namespace zmq_native {

struct SendArena::Block {};

bool SendArena::allocate(Message& message, size_t size) { return message.resize(size); }

void SendArena::retire() {}

}  // namespace zmq_native

#else

#include <new>

#include "chunks.h"

// libzmq's internal headers: zmq_msg_t is a zmq::msg_t, and only msg_t can use memory of ours. platform.hpp comes
// first.
// clang-format off
#include <precompiled.hpp>
#include <msg.hpp>
// clang-format on

namespace zmq_native {
namespace {

// A single queued frame keeps its block alive. Blocks are small, so that the queue of a stalled peer holds only a few
// kilobytes per message.
constexpr size_t kBlockSize = 8 * 1024;
constexpr size_t kLargestFrame = kBlockSize / 8;
// Up to this size libzmq keeps a frame inside zmq_msg_t.
constexpr size_t kInlineFrame = zmq::msg_t::max_vsm_size;
// More than the frames of a block: the owner counts the frames it has handed out when it retires the block, so that
// handing out needs no atomic operation.
constexpr int kOwner = 1 << 20;

using Content = zmq::msg_t::content_t;

}  // namespace

struct SendArena::Block {
  std::atomic<int> references{kOwner};
  alignas(std::max_align_t) unsigned char memory[kBlockSize];

  /** Null if memory runs out. */
  static Block* create() {
    void* const memory = chunks().allocate();
    return memory == nullptr ? nullptr : new (memory) Block;
  }

  static void destroy(Block* block) {
    block->~Block();
    chunks().release(block);
  }

 private:
  // Never destroyed: libzmq's threads may outlive static destructors.
  static Chunks& chunks() {
    static auto* const all = new Chunks(sizeof(Block));
    return *all;
  }
};

bool SendArena::allocate(Message& message, size_t size) {
  if (size <= kInlineFrame || size > kLargestFrame) return message.resize(size);
  constexpr size_t alignment = alignof(Content);
  const size_t needed = sizeof(Content) + ((size + alignment - 1) & ~(alignment - 1));
  if (block_ == nullptr || used_ + needed > kBlockSize) {
    retire();
    block_ = Block::create();
    if (block_ == nullptr) return message.resize(size);
  }
  unsigned char* place = block_->memory + used_;
  used_ += needed;
  ++given_;
  auto* content = new (place) Content;
  return reinterpret_cast<zmq::msg_t*>(message.get())
             ->init_external_storage(content, place + sizeof(Content), size, release, block_) == 0;
}

void SendArena::release(void*, void* block) {
  auto* const self = static_cast<Block*>(block);
  if (self->references.fetch_sub(1, std::memory_order_acq_rel) == 1) Block::destroy(self);
}

void SendArena::retire() {
  if (block_ == nullptr) return;
  const int unused = kOwner - given_;
  if (block_->references.fetch_sub(unused, std::memory_order_acq_rel) == unused) Block::destroy(block_);
  block_ = nullptr;
  used_ = 0;
  given_ = 0;
}

}  // namespace zmq_native

#endif
