/* Preloaded: libzmq's I/O threads write the command that they have for a socket's thread, and wake it 20 ms later, as
   if the system had something better to do in between. Only for a signal, an eventfd's eight bytes. */

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
