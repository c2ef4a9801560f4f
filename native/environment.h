// What one loaded copy of the library owns: its sockets, its references to contexts, the slab it receives into, the
// functions that it is called back by. A program may load the library more than once in a thread (test runners and
// bundles do), and no copy sees another's. Used on its thread only.
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

class Lifetime;

/** Features of the runtime, as detected by lib/runtime/features.ts. */
struct Runtime {
  /** libuv's polls work. */
  bool hasPolls = true;
  /** JavaScript may hold memory that is not its own. */
  bool hasExternalMemory = true;
  /** Bytes of the longest Buffer. */
  size_t longestBuffer = 0;
};

/** Where receive() puts rows of the frame table, and Buffers of large frames. Neither is ever seen by users. */
struct ReceiveArea {
  int32_t* table = nullptr;
  size_t tableSize = 0;
};

class Environment {
 public:
  /**
   * A new environment, as the object whose functions are lib/binding/index.ts's `Binding`. It ends with its thread, or
   * when that object is garbage-collected. Null when the thread is ending or Node-API fails; nothing is left behind
   * then.
   */
  static napi_value open(napi_env env, const Runtime& runtime);

  napi_env env;
  /** Of no other environment in the process. */
  const int32_t id;
  const Runtime runtime;
  HandleTable<Socket> sockets;
  HandleTable<Proxy> proxies;
  std::set<int32_t> contexts;
  ReceiveArea area;
  SendArena sendArena;
  std::shared_ptr<Notifier> notifier;

  /** Waits for sockets where polls do not work; started by the first that asks. Null when there is no room for it. */
  Waiter* waiter();

  /** Sets the function that is called with a socket's handle when the socket may have become ready. */
  bool onReady(napi_value callback) { return keep(kOnReady, callback); }
  void callReady(int32_t handle);
  /** Sets the function that is called with the number of each notice. */
  bool onNotice(napi_value callback) { return keep(kOnNotice, callback); }
  void callNotice(int32_t notice);
  /** Sets the table and the array that receive() fills. */
  bool receiveInto(napi_value table, napi_value largeFrames);
  /** The array that receive() puts Buffers into; null when Node-API fails. */
  napi_value largeFrames() const { return kept(kLargeFrames); }

  /** While anything is awaited, the library's copy of this environment is not garbage-collected. */
  void pin();
  void unpin();

  /** A closing poll handle keeps the environment, and so the event loop, until libuv is done with it. */
  void pollClosing() { ++closingPolls_; }
  void pollClosed();

  /** Closes everything; deletes itself once libuv has let go of the polls. JavaScript is not called any more. */
  void close();
  bool closing() const { return closing_; }

 private:
  /** What JavaScript gives to be kept. The binding's object holds it, so that it lives as long, and no longer. */
  enum Kept { kOnReady, kOnNotice, kTable, kLargeFrames, kKeptCount };

  Environment(napi_env env, Lifetime& lifetime, const Runtime& runtime);
  ~Environment() = default;
  bool keep(Kept what, napi_value value);
  napi_value kept(Kept what) const;
  /** Calls the function with a number; what it throws is an uncaught exception. */
  void call(Kept function, int32_t argument);
  void finishIfDone();

  Lifetime& lifetime_;
  /** Of the binding's object: weak, but for as long as anything is awaited. */
  napi_ref binding_ = nullptr;
  napi_ref kept_[kKeptCount] = {};
  std::shared_ptr<Waiter> waiter_;
  int pins_ = 0;
  int closingPolls_ = 0;
  bool closing_ = false;
};

}  // namespace zmq_native
