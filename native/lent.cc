#include "lent.h"

#include <new>
#include <utility>

#include "arguments.h"
#include "frame_memory.h"

namespace zmq_native {

Lent::Lent(napi_env env, FrameMemory& memory, std::shared_ptr<Lents> all)
    : env_(env), memory_(&memory), all_(std::move(all)), next_(all_->first_) {
  if (next_ != nullptr) next_->previous_ = this;
  all_->first_ = this;
}

Lent::~Lent() {
  (previous_ == nullptr ? all_->first_ : previous_->next_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (buffer_ != nullptr) napi_delete_reference(env_, buffer_);
}

bool Lent::watch(napi_value buffer) {
  // V8 counts it from the start, since the memory is in use until the finalizer runs.
  count(static_cast<int64_t>(memory_->size()));
  // The program has not got the ArrayBuffer.
  given_ = true;
  napi_value arrayBuffer = nullptr;
  if (napi_get_typedarray_info(env_, buffer, nullptr, nullptr, nullptr, &arrayBuffer, nullptr) != napi_ok ||
      napi_create_reference(env_, arrayBuffer, 0, &buffer_) != napi_ok) {
    return false;
  }
  given_ = false;
  return true;
}

void Lent::give() {
  given_ = true;
  count(0);
}

void Lent::count(int64_t bytes) {
  int64_t unused;
  napi_adjust_external_memory(env_, bytes - counted_, &unused);
  counted_ = bytes;
}

bool Lent::mayBeMoved() const {
  if (given_) return false;
  napi_value arrayBuffer = nullptr;
  bool detached = true;
  return napi_get_reference_value(env_, buffer_, &arrayBuffer) != napi_ok || arrayBuffer == nullptr ||
         napi_is_detached_arraybuffer(env_, arrayBuffer, &detached) != napi_ok || detached;
}

void Lent::freed() {
  count(0);
  memory_->forget(*this);
  if (!leaked_) memory_->release();
}

class Lents::Guard : public External {
 public:
  explicit Guard(Lents& lents) : lents(&lents) {}
  /** Null if another guard has replaced it. */
  Lents* lents;
  /** The memory of the Buffer, since two ArrayBuffers must not have the same. */
  char memory = 0;

 private:
  void freed() override {
    // The reference to the Buffer is strong: it is freed only when the thread ends.
    if (lents != nullptr) lents->threadEnds();
  }
};

bool Lents::renewGuard() {
  if (!guarded_) return true;
  std::unique_ptr<Guard> made(new (std::nothrow) Guard(*this));
  if (made == nullptr) return false;
  Guard* const guard = made.get();
  const napi_value buffer = External::create(env_, &guard->memory, sizeof guard->memory, std::move(made));
  if (buffer == nullptr) return false;
  napi_ref reference = nullptr;
  if (napi_create_reference(env_, buffer, 1, &reference) != napi_ok) {
    guard->lents = nullptr;
    return false;
  }
  setGuard(guard, reference);
  return true;
}

void Lents::setGuard(Guard* guard, napi_ref buffer) {
  if (guard_ != nullptr) guard_->lents = nullptr;
  guard_ = guard;
  if (guardBuffer_ != nullptr) napi_delete_reference(env_, guardBuffer_);
  guardBuffer_ = buffer;
}

void Lents::threadEnds() {
  guard_ = nullptr;
  for (Lent* lent = first_; lent != nullptr; lent = lent->next_) {
    lent->leaked_ = lent->mayBeMoved();
  }
}

}  // namespace zmq_native
