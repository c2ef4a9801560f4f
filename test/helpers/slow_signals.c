/* Preloaded. libzmq's I/O threads write a command for a socket's thread, and wake it only 20 ms later, as if the system
   were busy. Only writes of eight bytes, the signal of an eventfd, are delayed. */

#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t write(int fd, const void* data, size_t size) {
  char name[16] = "";
  if (size == 8 && pthread_getname_np(pthread_self(), name, sizeof name) == 0 && strncmp(name, "ZMQbg/IO", 8) == 0)
    usleep(20000);
  return syscall(SYS_write, fd, data, size);
}
