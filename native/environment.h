// What one JavaScript environment (the main thread, or a worker) owns: its sockets, its references to contexts, the
// slab it receives into. Used on that environment's thread only.
#pragma once

#include <memory>
#include <set>

#include "handle_table.h"
#include "napi_setup.h"
#include "notifier.h"
#include "proxy.h"
#include "send_arena.h"
#include "socket.h"
#include "waiter.h"

namespace zmq_native {

/** Memory of JavaScript that receiving writes to: small frames into the slab, a row per frame into the table. */
struct ReceiveArea {
  uint8_t* slab = nullptr;
  size_t slabSize = 0;
  int32_t* table = nullptr;
  size_t tableSize = 0;
  // References keep the memory alive for as long as the raw pointers above are held.
  Napi::Reference<Napi::Uint8Array> slabReference;
  Napi::Reference<Napi::Uint8Array> tableReference;
  Napi::Reference<Napi::Array> largeFrames;
};

class Environment {
 public:
  explicit Environment(napi_env env);

  /** What the runtime has, before anything else is done; how the environment's end is heard of depends on it. */
  void adapt(bool hasPolls, bool hasExternalMemory);

  napi_env env;
  HandleTable<Socket> sockets;
  HandleTable<Proxy> proxies;
  std::set<int32_t> contexts;
  ReceiveArea area;
  SendArena sendArena;
  std::shared_ptr<Notifier> notifier;
  /** Whether libuv's polls work here, and JavaScript may hold memory that is not its own (lib/runtime.ts). */
  bool hasPolls = true;
  bool hasExternalMemory = true;

  /** Waits for sockets where polls do not work; started by the first that asks. Null when there is no room for it. */
  Waiter* waiter();

  /** Sets the function that is called with a socket's handle when the socket may have become ready. */
  void onReady(Napi::Function callback);
  void callReady(int32_t handle);

  /** A closing poll handle keeps the environment, and so the event loop, until libuv is done with it. */
  void pollClosing() { ++closingPolls_; }
  void pollClosed();

 private:
  ~Environment() = default;
  static void teardown(napi_async_cleanup_hook_handle hook, void* self);
  void finishTeardown();

  Napi::FunctionReference onReady_;
  std::shared_ptr<Waiter> waiter_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  int closingPolls_ = 0;
  bool adapted_ = false;
  bool tearingDown_ = false;
};

}  // namespace zmq_native
