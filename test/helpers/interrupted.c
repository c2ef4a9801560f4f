/* Preloaded. A signal interrupts system calls of libzmq's own threads, and of other threads on an eventfd.
   Every second call on average fails with EINTR. An interrupted close closes the descriptor, as on Linux. */

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int ofLibzmq() {
  char name[16] = "";
  return pthread_getname_np(pthread_self(), name, sizeof name) == 0 && strncmp(name, "ZMQbg/", 6) == 0;
}

static int interrupts() {
  /* At random, since otherwise a loop might interrupt the same calls each time. */
  static __thread unsigned state = 1;
  state = state * 1103515245 + 12345;
  if (state & 0x10000) return 0;
  errno = EINTR;
  return 1;
}

ssize_t read(int fd, void* data, size_t size) {
  /* The size of an eventfd's counter. libuv reads its own with a larger buffer, or by another function. */
  if (size == 8 && interrupts()) return -1;
  return syscall(SYS_read, fd, data, size);
}

ssize_t write(int fd, const void* data, size_t size) {
  if (size == 8 && interrupts()) return -1;
  return syscall(SYS_write, fd, data, size);
}

int close(int fd) {
  const int result = syscall(SYS_close, fd);
  return result == 0 && ofLibzmq() && interrupts() ? -1 : result;
}

ssize_t recv(int fd, void* data, size_t size, int flags) {
  if (ofLibzmq() && interrupts()) return -1;
  return syscall(SYS_recvfrom, fd, data, size, flags, NULL, NULL);
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
  if (ofLibzmq() && interrupts()) return -1;
  return syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

int accept4(int fd, struct sockaddr* address, socklen_t* length, int flags) {
  if (ofLibzmq() && interrupts()) return -1;
  return syscall(SYS_accept4, fd, address, length, flags);
}

int connect(int fd, const struct sockaddr* address, socklen_t length) {
  const int result = syscall(SYS_connect, fd, address, length);
  /* The connection is established in the background. */
  return ofLibzmq() && interrupts() ? -1 : result;
}

int epoll_wait(int fd, struct epoll_event* events, int count, int timeout) {
  if (ofLibzmq() && interrupts()) return -1;
  return syscall(SYS_epoll_pwait, fd, events, count, timeout, NULL, 8);
}
