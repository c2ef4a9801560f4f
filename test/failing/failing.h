// Included before every file of native/ in the sanitized build (CMakeLists.txt). Allocations, and calls of Node-API and
// libzmq that can fail, fail at a chosen moment. test/hostile/failing.test.ts chooses each moment in turn.
#pragma once

#include <zmq.h>

#include <cstdlib>

#include "../../native/napi_setup.h"

namespace zmq_native::failing {

/** Counts a call that can fail. True when this call must fail. */
bool fails(const char* what);

/** While one exists, nothing fails. libzmq handles its own failed allocations by ending the process. */
class Pause {
 public:
  Pause();
  ~Pause();
};

template <auto function>
struct Paused;
template <typename Result, typename... Arguments, Result (*function)(Arguments...)>
struct Paused<function> {
  static Result call(Arguments... arguments) {
    const Pause pause;
    return function(arguments...);
  }
};

/** A function that returns napi_generic_failure. */
template <auto function>
struct OfNode;
template <typename... Arguments, napi_status (*function)(Arguments...)>
struct OfNode<function> {
  static napi_status call(Arguments... arguments) {
    return fails("Node-API") ? napi_generic_failure : function(arguments...);
  }
};

/** A function that returns null or -1 and sets errno. */
template <auto function>
struct OfLibzmq;
template <typename Result, typename... Arguments, Result (*function)(Arguments...)>
struct OfLibzmq<function> {
  static Result call(Arguments... arguments) {
    if (fails("libzmq")) {
      errno = ENOMEM;
      if constexpr (std::is_pointer_v<Result>) {
        return nullptr;
      } else {
        return -1;
      }
    }
    const Pause pause;
    return function(arguments...);
  }
};

/** A failed zmq_msg_init_size leaves a message with an invalid pointer. Closing it is fatal. */
inline int initSize(zmq_msg_t* message, size_t size) {
  return zmq_msg_init_size(message, fails("libzmq") ? SIZE_MAX / 2 : size);
}

/** For an external buffer that it could not create, Node runs the finalizer at once, never, or in a later turn. */
inline napi_status externalBuffer(napi_env env, size_t size, void* data, napi_finalize finalize, void* hint,
                                  napi_value* result) {
  if (fails("external buffer, finalized")) {
    finalize(env, data, hint);
    return napi_generic_failure;
  }
  if (fails("external buffer, not finalized")) return napi_generic_failure;
  if (fails("external buffer, finalized later")) {
    napi_value unused;
    if (napi_create_external_buffer(env, size, data, finalize, hint, &unused) != napi_ok) std::abort();
    return napi_generic_failure;
  }
  return napi_create_external_buffer(env, size, data, finalize, hint, result);
}

napi_value control(napi_env env);

}  // namespace zmq_native::failing

#define napi_create_external_buffer ::zmq_native::failing::externalBuffer
#define zmq_msg_init_size ::zmq_native::failing::initSize

#define napi_add_finalizer ::zmq_native::failing::OfNode<(napi_add_finalizer)>::call
#define napi_create_array ::zmq_native::failing::OfNode<(napi_create_array)>::call
#define napi_create_buffer_copy ::zmq_native::failing::OfNode<(napi_create_buffer_copy)>::call
#define napi_create_object ::zmq_native::failing::OfNode<(napi_create_object)>::call
#define napi_create_reference ::zmq_native::failing::OfNode<(napi_create_reference)>::call
#define napi_create_string_utf8 ::zmq_native::failing::OfNode<(napi_create_string_utf8)>::call
#define napi_create_threadsafe_function ::zmq_native::failing::OfNode<(napi_create_threadsafe_function)>::call
#define napi_define_properties ::zmq_native::failing::OfNode<(napi_define_properties)>::call
#define napi_get_array_length ::zmq_native::failing::OfNode<(napi_get_array_length)>::call
#define napi_get_element ::zmq_native::failing::OfNode<(napi_get_element)>::call
#define napi_get_uv_event_loop ::zmq_native::failing::OfNode<(napi_get_uv_event_loop)>::call
#define napi_set_element ::zmq_native::failing::OfNode<(napi_set_element)>::call

#define zmq_ctx_new ::zmq_native::failing::OfLibzmq<(zmq_ctx_new)>::call
#define zmq_socket ::zmq_native::failing::OfLibzmq<(zmq_socket)>::call
#define zmq_poller_new ::zmq_native::failing::OfLibzmq<(zmq_poller_new)>::call
#define zmq_poller_add ::zmq_native::failing::OfLibzmq<(zmq_poller_add)>::call
#define zmq_msg_init_data ::zmq_native::failing::OfLibzmq<(zmq_msg_init_data)>::call
#define zmq_msg_copy ::zmq_native::failing::OfLibzmq<(zmq_msg_copy)>::call

#define zmq_bind ::zmq_native::failing::Paused<(zmq_bind)>::call
#define zmq_unbind ::zmq_native::failing::Paused<(zmq_unbind)>::call
#define zmq_close ::zmq_native::failing::Paused<(zmq_close)>::call
#define zmq_connect ::zmq_native::failing::Paused<(zmq_connect)>::call
#define zmq_connect_peer ::zmq_native::failing::Paused<(zmq_connect_peer)>::call
#define zmq_disconnect_peer ::zmq_native::failing::Paused<(zmq_disconnect_peer)>::call
#define zmq_ctx_get ::zmq_native::failing::Paused<(zmq_ctx_get)>::call
#define zmq_ctx_set ::zmq_native::failing::Paused<(zmq_ctx_set)>::call
#define zmq_curve_keypair ::zmq_native::failing::Paused<(zmq_curve_keypair)>::call
#define zmq_disconnect ::zmq_native::failing::Paused<(zmq_disconnect)>::call
#define zmq_getsockopt ::zmq_native::failing::Paused<(zmq_getsockopt)>::call
#define zmq_join ::zmq_native::failing::Paused<(zmq_join)>::call
#define zmq_leave ::zmq_native::failing::Paused<(zmq_leave)>::call
#define zmq_msg_recv ::zmq_native::failing::Paused<(zmq_msg_recv)>::call
#define zmq_msg_send ::zmq_native::failing::Paused<(zmq_msg_send)>::call
#define zmq_poller_fd ::zmq_native::failing::Paused<(zmq_poller_fd)>::call
#define zmq_poller_wait_all ::zmq_native::failing::Paused<(zmq_poller_wait_all)>::call
#define zmq_setsockopt ::zmq_native::failing::Paused<(zmq_setsockopt)>::call
#define zmq_socket_monitor_pipes_stats ::zmq_native::failing::Paused<(zmq_socket_monitor_pipes_stats)>::call
#define zmq_socket_monitor_versioned ::zmq_native::failing::Paused<(zmq_socket_monitor_versioned)>::call
