// The state of one loaded copy of the library: its sockets, its references to contexts, the slab it receives into, and
// its callbacks. A program may load the library more than once in a thread, as test runners and bundles do; the copies
// share only libzmq contexts. Used on its own thread only.
#pragma once

#include <memory>
#include <set>

#include "handle_table.h"
#include "lent.h"
#include "napi_setup.h"
#include "notifier.h"
#include "poll_thread.h"
#include "proxy.h"
#include "send_arena.h"
#include "socket.h"
#include "wakeups.h"

namespace zmq_native {

class Lifetime;

/** Features of the runtime, as detected by lib/runtime/features.ts. */
struct Runtime {
  /** Whether libuv's polls work. */
  bool hasPolls = true;
  /** Whether an ArrayBuffer may use memory that JavaScript has not allocated. */
  bool hasExternalMemory = true;
  /** The length of the longest possible Buffer, in bytes. */
  size_t longestBuffer = 0;
};

/** The table and the array that receive() fills. They are never visible to users. */
struct ReceiveArea {
  int32_t* table = nullptr;
  size_t tableSize = 0;
};

class Environment {
 public:
  /**
   * Creates an environment. Returns the object of functions that lib/binding/index.ts calls `Binding`. The environment
   * ends with its thread, or when that object is garbage-collected. Null if the thread is ending or Node-API fails;
   * nothing is left behind then.
   */
  static napi_value open(napi_env env, const Runtime& runtime);

  napi_env env;
  /** A number that no other environment of the process has. */
  const int32_t id;
  const Runtime runtime;
  Wakeups wakeups;
  HandleTable<Socket> sockets;
  HandleTable<Proxy> proxies;
  std::set<int32_t> contexts;
  ReceiveArea area;
  SendArena sendArena;
  /** Its ArrayBuffers, which may outlive it. */
  const std::shared_ptr<Lents> lents;
  /** The socket of the current send, and the size of the largest large frame of its message. */
  int32_t sender = 0;
  size_t largestFrame = 0;
  const UnansweredCalls unanswered;
  std::shared_ptr<Notifier> notifier;

  /** Waits for sockets where polls do not work. Started at the first call. Null if no thread can be created. */
  PollThread* pollThread();
  /** Starts that thread where polls do not work, since it also repeats calls of the notifier that are not answered. */
  void repeatCalls() {
    if (!runtime.hasPolls) pollThread();
  }

  /** Sets the callback for sockets that may have become ready. It receives their handles. */
  bool onReady(napi_value callback) { return keep(kOnReady, callback); }
  void callReady(const int32_t* handles, size_t count) { call(kOnReady, handles, count); }
  /** Sets the callback for notices. It receives the number of the notice. */
  bool onNotice(napi_value callback) { return keep(kOnNotice, callback); }
  void callNotice(int32_t notice) { call(kOnNotice, &notice, 1); }
  /** Sets the table and the array that receive() fills. */
  bool setReceiveArea(napi_value table, napi_value largeFrames);
  /** The array that receive() fills with Buffers. Null if Node-API fails. */
  napi_value largeFrames() const { return kept(kLargeFrames); }

  /** While operations are pending, this copy of the library is not garbage-collected. */
  void pin();
  void unpin();

  /**
   * A handle of libuv that is closing keeps the environment, and so the event loop, until libuv has closed it. Its data
   * is then the environment, and `handleClosed` frees it.
   */
  void handleClosing() { ++closingHandles_; }
  static void handleClosed(void* handle);

  /** Closes everything, and deletes itself when libuv has closed its handles. JavaScript is not called any more. */
  void close();
  bool closing() const { return closing_; }

 private:
  /** A reference to an object of JavaScript. The binding's object holds that object, so both have the same lifetime. */
  enum Kept { kOnReady, kOnNotice, kTable, kLargeFrames, kKeptCount };

  Environment(napi_env env, Lifetime& lifetime, const Runtime& runtime);
  ~Environment() = default;
  bool keep(Kept what, napi_value value);
  napi_value kept(Kept what) const;
  /** Calls the function with up to 64 numbers. An exception that it throws becomes an uncaught exception. */
  void call(Kept function, const int32_t* numbers, size_t count);
  void finishIfDone();

  Lifetime& lifetime_;
  /** Refers to the binding's object: weak, except while operations are pending. */
  napi_ref binding_ = nullptr;
  napi_ref kept_[kKeptCount] = {};
  std::shared_ptr<PollThread> pollThread_;
  int pins_ = 0;
  int closingHandles_ = 0;
  bool closing_ = false;
};

}  // namespace zmq_native
