// The type of a socket descriptor on this platform.
#pragma once

#ifdef _WIN32
#include <winsock2.h>
#else
#include <sys/socket.h>
#endif

namespace zmq_native {

#ifdef _WIN32
using Descriptor = SOCKET;
using SocketLength = int;
#else
using Descriptor = int;
using SocketLength = socklen_t;
#endif

}  // namespace zmq_native
