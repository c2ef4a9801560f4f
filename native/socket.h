// A libzmq socket and its readiness. Used on the thread of the environment that opened it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>

#include "napi_setup.h"
#include "peers.h"
#include "readiness.h"
#include "send_arena.h"

namespace zmq_native {

class Environment;
class Proxy;

class Socket {
 public:
  Socket(Environment& environment, void* socket, int type, int32_t context)
      : readiness(environment, socket), environment_(environment), socket_(socket), type_(type), context_(context) {}
  ~Socket() { close(); }

  void* get() const { return socket_; }
  /** The token of the socket's context. */
  int32_t context() const { return context_; }

  /**
   * Whether the type sends each message to one of several equal peers. If that peer disconnects in the middle of a
   * message, libzmq drops the rest of it (lb.cpp), and the whole message may be sent to another peer. False for REQ: a
   * request is lost with its peer.
   */
  bool balancesLoad() const;

  bool publishes() const;
  /**
   * Whether messages of the type have one frame and a tag: the routing id of a SERVER or PEER, the group of a RADIO or
   * DISH. JavaScript passes the tag as a second frame.
   */
  bool tagsWithRoutingId() const;
  bool tagsWithGroup() const;

  /**
   * Sets the JavaScript object that owns the socket, which is in the environment's table under `handle`. When the owner
   * is garbage-collected, the socket is closed and removed from the table. False if Node-API fails.
   */
  bool belongTo(napi_value owner, int32_t handle);
  /** The owner. Null if it is about to be garbage-collected. */
  napi_value owner() const;

  /** From now on, wake-ups are processed when no operation is pending, unless another thread uses the socket. */
  void attend();
  /** Sets the proxy whose thread uses the socket. Null ends that. */
  void lend(Proxy* proxy);
  bool lent() const { return proxy_ != nullptr; }
  /** Hold this during any use of a socket that may be lent to a proxy. Costs nothing if it is not lent. */
  std::unique_lock<std::mutex> guard() const;

  /** No notice about connections follows. */
  void unwatchPeers();

  /** Closes the socket. libzmq's I/O thread still sends queued messages within its linger. */
  void close();

  Readiness readiness;
  /** The -errno for the next receive, of a message that was dropped after others had been received. 0 for none. */
  int32_t failure = 0;
  /** Bytes in large frames that libzmq still holds. */
  SendArena::Held held;
  /** While connections are watched: libzmq refers to it until `unwatchPeers`. */
  std::unique_ptr<PeerWatch> peerWatch;

 private:
  Environment& environment_;
  napi_ref owner_ = nullptr;
  void* socket_;
  int type_;
  int32_t context_;
  Proxy* proxy_ = nullptr;
};

}  // namespace zmq_native
