// The part of libuv 1.x's stable ABI that is used, looked up by name at run time. No header has to match the runtime's
// version, and no import fails in a runtime without libuv.
#pragma once

#include <cstddef>

#include "descriptor.h"

struct uv_check_s;
struct uv_loop_s;
struct uv_poll_s;

namespace zmq_native {

struct Uv {
  static constexpr int kCheck = 2;  // UV_CHECK of enum uv_handle_type
  static constexpr int kPoll = 8;   // UV_POLL
  static constexpr int kReadable = 1;

  uv_loop_s* (*default_loop)();
  const char* (*handle_type_name)(int type);
  size_t (*handle_size)(int type);
  // These take handles of each type.
  void (*handle_set_data)(void* handle, void* data);
  void* (*handle_get_data)(const void* handle);
  void (*ref)(void* handle);
  void (*unref)(void* handle);
  void (*close)(void* handle, void (*done)(void* handle));

  int (*check_init)(uv_loop_s* loop, uv_check_s* handle);
  int (*check_start)(uv_check_s* handle, void (*callback)(uv_check_s*));
  int (*poll_init_socket)(uv_loop_s* loop, uv_poll_s* handle, Descriptor socket);
  int (*poll_start)(uv_poll_s* handle, int events, void (*callback)(uv_poll_s*, int, int));
  int (*poll_stop)(uv_poll_s* handle);
  /** Whether the process has all of these functions. In some runtimes they do not work: see lib/runtime/features.ts. */
  bool available = false;

  Uv();
};

const Uv& uv();

}  // namespace zmq_native
