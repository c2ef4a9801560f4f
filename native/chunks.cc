#include "chunks.h"

#include <new>

#include "block_pool.h"
#include "poison.h"

namespace zmq_native {
namespace {

constexpr size_t kAlignment = alignof(std::max_align_t);

constexpr size_t aligned(size_t size) { return (size + kAlignment - 1) & ~(kAlignment - 1); }

}  // namespace

/** The header of a block. While the place is free, a pointer to the next free place follows it. */
struct alignas(std::max_align_t) Chunks::Place {
  Chunk* chunk;

  unsigned char* block() { return reinterpret_cast<unsigned char*>(this + 1); }
  Place*& next() { return *reinterpret_cast<Place**>(block()); }
  static Place* of(void* block) { return static_cast<Place*>(block) - 1; }
};

/** The header of a chunk. */
struct Chunks::Chunk {
  Chunk* previous = nullptr;
  Chunk* next = nullptr;
  /** Places that were released. */
  Place* free = nullptr;
  /** Places that were used at least once. The pages of the others take no memory yet. */
  size_t begun = 0;
  size_t used = 0;
};

Chunks::Chunks(size_t blockSize)
    : placeSize_(sizeof(Place) + aligned(blockSize)),
      placesPerChunk_((BlockPool::kChunk - aligned(sizeof(Chunk))) / placeSize_) {}

Chunks::Chunk* Chunks::addChunk() {
  void* const memory = BlockPool::instance().allocateChunk();
  if (memory == nullptr) return nullptr;
  auto* const chunk = new (memory) Chunk;
  link(chunk);
  ++unused_;
  return chunk;
}

void Chunks::link(Chunk* chunk) {
  chunk->previous = nullptr;
  chunk->next = available_;
  if (available_ != nullptr) available_->previous = chunk;
  available_ = chunk;
}

void Chunks::unlink(Chunk* chunk) {
  if (chunk->previous != nullptr) {
    chunk->previous->next = chunk->next;
  } else {
    available_ = chunk->next;
  }
  if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
}

void* Chunks::allocate() {
  const std::lock_guard<std::mutex> lock(mutex_);
  Chunk* const chunk = available_ != nullptr ? available_ : addChunk();
  if (chunk == nullptr) return nullptr;
  Place* place = chunk->free;
  if (place != nullptr) {
    chunk->free = place->next();
    ASAN_UNPOISON_MEMORY_REGION(place->block(), placeSize_ - sizeof(Place));
  } else {
    auto* const first = reinterpret_cast<unsigned char*>(chunk) + aligned(sizeof(Chunk));
    place = new (first + placeSize_ * chunk->begun++) Place{chunk};
  }
  if (chunk->used++ == 0) --unused_;
  if (chunk->used == placesPerChunk_) unlink(chunk);
  return place->block();
}

void Chunks::release(void* block) {
  Place* const place = Place::of(block);
  Chunk* const chunk = place->chunk;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (chunk->used == placesPerChunk_) link(chunk);
    place->next() = chunk->free;
    chunk->free = place;
    ASAN_POISON_MEMORY_REGION(place->block() + sizeof(Place*), placeSize_ - sizeof(Place) - sizeof(Place*));
    if (--chunk->used > 0) return;
    if (unused_ < kSpare) {
      ++unused_;
      return;
    }
    unlink(chunk);
  }
  ASAN_UNPOISON_MEMORY_REGION(chunk, BlockPool::kChunk);
  BlockPool::instance().releaseChunk(chunk);
}

}  // namespace zmq_native
