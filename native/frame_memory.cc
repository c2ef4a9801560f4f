#include "frame_memory.h"

#include <cerrno>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>

#include "arguments.h"
#include "block_pool.h"
#include "exports.h"

namespace zmq_native {
namespace {

/**
 * All memory by its address. ArrayBuffers are recognized by their address, since JavaScript can move their memory to
 * other ArrayBuffers (`ArrayBuffer.prototype.transfer`). Never destroyed: libzmq's threads may outlive static
 * destructors.
 */
struct Registry {
  std::mutex mutex;
  std::unordered_map<const void*, FrameMemory*> memories;

  static Registry& instance() {
    static auto* const registry = new Registry;
    return *registry;
  }
};

/** The reference of a message that was sent. */
struct Sent {
  FrameMemory* memory;
  SendArena::Held held;
};

}  // namespace

FrameMemory* FrameMemory::of(Message& frame) {
  if (FrameMemory* const known = find(frame.data(), frame.size())) {
    // A frame that was sent with `transfer` over inproc. Its memory keeps its owner: a chain of owners would grow with
    // each hop.
    if (known->contested()) {
      known->release();
      return nullptr;
    }
    frame.clear();
    return known;
  }
  auto* const made = new (std::nothrow) FrameMemory;
  if (made == nullptr) return nullptr;
  Registry& registry = Registry::instance();
  try {
    const std::lock_guard<std::mutex> lock(registry.mutex);
    if (registry.memories.emplace(frame.data(), made).second) {
      made->frame_.moveFrom(frame);
      return made;
    }
  } catch (const std::bad_alloc&) {
    // The caller copies the frame.
  }
  delete made;
  return nullptr;
}

FrameMemory* FrameMemory::find(const void* data, size_t size) {
  Registry& registry = Registry::instance();
  const std::lock_guard<std::mutex> lock(registry.mutex);
  const auto found = registry.memories.find(data);
  if (found == registry.memories.end() || found->second->size() != size) return nullptr;
  found->second->retain();
  return found->second;
}

void FrameMemory::release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  {
    Registry& registry = Registry::instance();
    const std::lock_guard<std::mutex> lock(registry.mutex);
    registry.memories.erase(data());
  }
  delete this;
}

bool FrameMemory::lendTo(Message& message, SendArena::Held& held) {
  std::unique_ptr<Sent> sent;
  try {
    if (held == nullptr) held = std::make_shared<std::atomic<size_t>>(0);
    sent.reset(new Sent{this, held});
  } catch (const std::bad_alloc&) {
    return false;
  }
  const auto free = [](void*, void* hint) {
    const std::unique_ptr<Sent> done(static_cast<Sent*>(hint));
    done->held->fetch_sub(done->memory->size(), std::memory_order_relaxed);
    done->memory->release();
  };
  if (!message.adopt(data(), size(), free, sent.get())) return false;
  sent.release();
  retain();
  held->fetch_add(size(), std::memory_order_relaxed);
  return true;
}

Lent* FrameMemory::lentBy(napi_env env) {
  const std::lock_guard<std::mutex> lock(Registry::instance().mutex);
  return lent_ != nullptr && lent_->env() == env ? lent_ : nullptr;
}

void FrameMemory::forget(const Lent& lent) {
  const std::lock_guard<std::mutex> lock(Registry::instance().mutex);
  if (lent_ == &lent) lent_ = nullptr;
}

napi_value wrap(const Environment& environment, FrameMemory& memory) {
  if (!environment.runtime.hasExternalMemory) return nullptr;
  std::unique_ptr<Lent> made(new (std::nothrow) Lent(environment.env, memory, environment.lents));
  if (made == nullptr) return nullptr;
  Lent* const lent = made.get();
  const napi_value buffer = External::create(environment.env, memory.data(), memory.size(), std::move(made));
  if (buffer == nullptr) return nullptr;
  memory.retain();
  // If this fails, the garbage collector frees the Buffer.
  if (!lent->watch(buffer) || !environment.lents->renewGuard()) return nullptr;
  const std::lock_guard<std::mutex> lock(Registry::instance().mutex);
  memory.lent_ = lent;
  return buffer;
}

namespace {

// allocate(size from 64 KiB) -> a Buffer over memory of this library, 0 if the runtime does not support it, or -errno
Napi::Value allocate(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const auto size = static_cast<size_t>(arguments.length(0));
  if (!arguments.ok()) return {};
  const Environment& environment = arguments.environment();
  if (size < BlockPool::kLeast || size > environment.runtime.longestBuffer) return arguments.answer(-EINVAL);
  Message frame;
  if (!frame.resize(size)) return arguments.answer(-ENOMEM);
  FrameMemory* const memory = FrameMemory::of(frame);
  if (memory == nullptr) return arguments.answer(-ENOMEM);
  const napi_value buffer = wrap(environment, *memory);
  memory->release();
  if (buffer == nullptr) return arguments.answer(0);
  return {arguments.env(), buffer};
}

// ownsMemory(bytes) -> whether a transfer of all these bytes needs no copy
Napi::Value ownsMemory(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const Bytes bytes = arguments.bytes(0);
  if (!arguments.ok()) return {};
  FrameMemory* const memory = FrameMemory::find(bytes.data, bytes.size);
  if (memory != nullptr) memory->release();
  return Napi::Boolean::New(arguments.env(), memory != nullptr);
}

}  // namespace

void exportFrameMemory(Exports& exports) {
  exports.add<allocate>("allocate");
  exports.add<ownsMemory>("ownsMemory");
}

}  // namespace zmq_native
