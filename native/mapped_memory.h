// Memory straight from the system, in pages. Unlike memory of malloc, it goes back to the system when it is released.
#pragma once

#include <cstddef>

#ifdef _WIN32
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace zmq_native {

/** Pages for `size` bytes, or null. The system gives them memory when they are first written. */
inline void* mapMemory(size_t size) {
#ifdef _WIN32
  return VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
#else
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
#endif
}

/** Gives memory of `mapMemory(size)` back. */
inline void unmapMemory(void* memory, size_t size) {
#ifdef _WIN32
  static_cast<void>(size);
  VirtualFree(memory, 0, MEM_RELEASE);
#else
  munmap(memory, size);
#endif
}

}  // namespace zmq_native
