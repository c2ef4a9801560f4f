// Handles: small integers that identify native objects in JavaScript. A handle contains the generation of its slot, so
// that a stale handle finds nothing instead of another object.
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
    if (free_ == kNone) {
      slots_.emplace_back();
      free_ = static_cast<uint32_t>(slots_.size() - 1);
    }
    const uint32_t index = free_;
    Slot& slot = slots_[index];
    free_ = slot.nextFree;
    slot.object = std::move(object);
    return static_cast<int32_t>(slot.generation << kIndexBits | index);
  }

  /** Null if the handle was removed or never issued. */
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
    slot.nextFree = free_;
    free_ = index;
    return std::move(slot.object);
  }

  void clear() {
    slots_.clear();
    free_ = kNone;
  }

  template <typename Visit>
  void each(Visit visit) {
    for (Slot& slot : slots_) {
      if (slot.object) visit(*slot.object);
    }
  }

 private:
  // 20 bits of index are more than the file descriptors of a process. With 10 bits of generation, a handle fits in a
  // small integer of V8.
  static constexpr uint32_t kIndexBits = 20;
  static constexpr uint32_t kIndexMask = (1u << kIndexBits) - 1;
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kLastGeneration = (1u << 10) - 1;

  struct Slot {
    std::unique_ptr<T> object;
    uint32_t generation = 1;
    /** The next free slot. Free slots are linked, so that removing a handle allocates nothing and cannot fail. */
    uint32_t nextFree = kNone;
  };
  std::vector<Slot> slots_;
  uint32_t free_ = kNone;
};

}  // namespace zmq_native
