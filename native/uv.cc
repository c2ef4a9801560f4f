#include "uv.h"

#include <cstring>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace zmq_native {
namespace {

#ifdef _WIN32
void* symbol(const char* name) {
  // Node may be a shared library of the program, as in its shared builds.
  HMODULE module = GetModuleHandleA("node.dll");
  if (module == nullptr) module = GetModuleHandleA(nullptr);
  return reinterpret_cast<void*>(GetProcAddress(module, name));
}
#else
void* symbol(const char* name) { return dlsym(RTLD_DEFAULT, name); }
#endif

template <typename Function>
bool bind(Function& function, const char* name) {
  function = reinterpret_cast<Function>(symbol(name));
  return function != nullptr;
}

}  // namespace

Uv::Uv() {
  available = bind(default_loop, "uv_default_loop") && bind(handle_type_name, "uv_handle_type_name") &&
              bind(handle_size, "uv_handle_size") && bind(handle_set_data, "uv_handle_set_data") &&
              bind(handle_get_data, "uv_handle_get_data") && bind(ref, "uv_ref") && bind(unref, "uv_unref") &&
              bind(close, "uv_close") && bind(check_init, "uv_check_init") && bind(check_start, "uv_check_start") &&
              bind(poll_init_socket, "uv_poll_init_socket") && bind(poll_start, "uv_poll_start") &&
              bind(poll_stop, "uv_poll_stop") && std::strcmp(handle_type_name(kCheck), "check") == 0 &&
              std::strcmp(handle_type_name(kPoll), "poll") == 0;
}

const Uv& uv() {
  static const Uv instance;
  return instance;
}

}  // namespace zmq_native
