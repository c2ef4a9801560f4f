// Small integers that stand for native objects in JavaScript. A handle carries the generation of its slot, so one
// that outlives its object finds nothing instead of a stranger.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace zmq_native {

template <typename T>
class HandleTable {
 public:
  int32_t add(std::unique_ptr<T> object) {
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    slots_[index].object = std::move(object);
    return static_cast<int32_t>(slots_[index].generation << kIndexBits | index);
  }

  /** Null for a handle that was removed, or was never given out. */
  T* find(int32_t handle) const {
    const uint32_t index = static_cast<uint32_t>(handle) & kIndexMask;
    if (handle <= 0 || index >= slots_.size()) return nullptr;
    const Slot& slot = slots_[index];
    return slot.generation == static_cast<uint32_t>(handle) >> kIndexBits ? slot.object.get() : nullptr;
  }

  std::unique_ptr<T> remove(int32_t handle) {
    if (find(handle) == nullptr) return nullptr;
    const uint32_t index = static_cast<uint32_t>(handle) & kIndexMask;
    Slot& slot = slots_[index];
    slot.generation = slot.generation == kLastGeneration ? 1 : slot.generation + 1;
    free_.push_back(index);
    return std::move(slot.object);
  }

  void clear() {
    slots_.clear();
    free_.clear();
  }

  template <typename Visit>
  void each(Visit visit) {
    for (Slot& slot : slots_) {
      if (slot.object) visit(*slot.object);
    }
  }

 private:
  // 20 bits of index hold more sockets than a process has descriptors; with 10 of generation a handle stays a
  // small integer of V8.
  static constexpr uint32_t kIndexBits = 20;
  static constexpr uint32_t kIndexMask = (1u << kIndexBits) - 1;
  static constexpr uint32_t kLastGeneration = (1u << 10) - 1;

  struct Slot {
    std::unique_ptr<T> object;
    uint32_t generation = 1;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace zmq_native
