// What the system calls a socket.
#pragma once

#ifdef _WIN32
#include <winsock2.h>
#endif

namespace zmq_native {

#ifdef _WIN32
using Descriptor = SOCKET;
#else
using Descriptor = int;
#endif

}  // namespace zmq_native
