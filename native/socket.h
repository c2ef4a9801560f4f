// A libzmq socket and its readiness. Used on the thread of the environment that opened it.
#pragma once

#include <cstdint>
#include <mutex>

#include "napi_setup.h"
#include "readiness.h"

namespace zmq_native {

class Environment;
class Proxy;

class Socket {
 public:
  Socket(Environment& environment, void* socket, int type, int32_t context)
      : readiness(environment, socket), environment_(environment), socket_(socket), type_(type), context_(context) {}
  ~Socket() { close(); }

  void* get() const { return socket_; }
  /** The token of its context. */
  int32_t context() const { return context_; }

  /**
   * True for the types that hand each message to one of several equal peers: when that peer goes in the middle of a
   * message they swallow the rest of it (libzmq's lb.cpp), and the whole message may go to another. REQ is not among
   * them: a request is lost with its peer.
   */
  bool balancesLoad() const;

  bool publishes() const;
  /**
   * True for the types whose messages are one frame with a tag beside it, which stands for a second frame at the
   * boundary: the routing id of a SERVER or PEER, the group of a RADIO or DISH.
   */
  bool tagsWithRoutingId() const;
  bool tagsWithGroup() const;

  /**
   * It is on the environment's table under `handle`, and is closed and taken off it when the object of JavaScript that
   * owns it is collected, unless it is closed before. False when Node-API fails.
   */
  bool belongTo(napi_value owner, int32_t handle);
  /** The object that owns it; null where it is about to be collected. */
  napi_value owner() const;

  /** Wake-ups that nobody waits for are processed from now on, unless another thread has the socket. */
  void attend();
  /** From now on a proxy's thread uses the socket; null: no longer. */
  void lend(Proxy* proxy);
  bool lent() const { return proxy_ != nullptr; }
  /** To be held during any use of a socket that may be lent; costs nothing where it is not. */
  std::unique_lock<std::mutex> guard() const;

  /** Closes the socket; what it queued is still sent within its linger, by libzmq's I/O thread. */
  void close();

  Readiness readiness;
  /** -errno that the next receive answers, of a message that was dropped after others had been received; 0: none. */
  int32_t failure = 0;

 private:
  Environment& environment_;
  napi_ref owner_ = nullptr;
  void* socket_;
  int type_;
  int32_t context_;
  Proxy* proxy_ = nullptr;
};

}  // namespace zmq_native
