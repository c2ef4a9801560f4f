// A libzmq socket and its readiness. Used on the thread of the environment that opened it.
#pragma once

#include <cstdint>

#include "readiness.h"

namespace zmq_native {

class Environment;

class Socket {
 public:
  Socket(Environment& environment, void* socket, int type)
      : readiness(environment, socket), socket_(socket), type_(type) {}
  ~Socket() { close(); }

  void* get() const { return socket_; }

  /**
   * True for the types that hand each message to one of several equal peers: when that peer goes in the middle of a
   * message they swallow the rest of it (libzmq's lb.cpp), and the whole message may go to another. REQ is not among
   * them: a request is lost with its peer.
   */
  bool balancesLoad() const;

  /** Closes the socket; what it queued is still sent within its linger, by libzmq's I/O thread. */
  void close();

  Readiness readiness;

 private:
  void* socket_;
  int type_;
};

}  // namespace zmq_native
