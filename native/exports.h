// The addon's functions. Each file adds its own and binds them to the environment.
#pragma once

#include <cerrno>
#include <exception>
#include <system_error>
#include <vector>

#include "arguments.h"
#include "environment.h"
#include "napi_setup.h"

namespace zmq_native {

/** Collects the functions of `Binding` (lib/binding/index.ts), to define them in one call. */
class Exports {
 public:
  explicit Exports(Environment& environment) : environment_(environment) {}

  template <Napi::Value (*function)(const Napi::CallbackInfo&)>
  void add(const char* name) {
    functions_.push_back(
        {name, nullptr, entry<function>, nullptr, nullptr, nullptr, napi_default_jsproperty, &environment_});
  }

  bool define(napi_value object) const {
    return napi_define_properties(environment_.env, object, functions_.size(), functions_.data()) == napi_ok;
  }

 private:
  /** C++ exceptions end here: a failed allocation or thread creation becomes an errno. */
  template <Napi::Value (*function)(const Napi::CallbackInfo&)>
  static napi_value entry(napi_env env, napi_callback_info given) {
    int error;
    try {
      // Inside the guard, since it allocates memory for more than a few arguments.
      const Napi::CallbackInfo info(env, given);
      return function(info);
    } catch (const std::system_error& refused) {
      error = refused.code().value();
    } catch (const std::exception&) {
      error = ENOMEM;
    }
    napi_value answer = nullptr;
    napi_create_int32(env, -error, &answer);
    return answer;
  }

  Environment& environment_;
  std::vector<napi_property_descriptor> functions_;
};

void exportEnvironment(Exports& exports);
void exportContext(Exports& exports);
void exportSocket(Exports& exports);
void exportFrameMemory(Exports& exports);
void exportSender(Exports& exports);
void exportReceiver(Exports& exports);
void exportSubscribers(Exports& exports);
void exportPeers(Exports& exports);
void exportStatistics(Exports& exports);
void exportUnsent(Exports& exports);
void exportProxy(Exports& exports);
void exportMulticastLog(Exports& exports);
void exportLibrary(Exports& exports);

/** Defines all functions on an object. False if Node-API fails. */
bool exportAll(Environment& environment, napi_value object);

}  // namespace zmq_native
