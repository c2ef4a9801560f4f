// The addon's exports: each room adds its functions, bound to the environment that loads the addon.
#pragma once

#include "environment.h"
#include "napi_setup.h"

namespace zmq_native {

void exportEnvironment(Environment& environment, Napi::Object exports);
void exportContext(Environment& environment, Napi::Object exports);
void exportSocket(Environment& environment, Napi::Object exports);
void exportSender(Environment& environment, Napi::Object exports);
void exportReceiver(Environment& environment, Napi::Object exports);
void exportSubscribers(Environment& environment, Napi::Object exports);
void exportProxy(Environment& environment, Napi::Object exports);
void exportMulticastLog(Environment& environment, Napi::Object exports);
void exportSecurity(Environment& environment, Napi::Object exports);

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
void exportFunction(Environment& environment, Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<function>(environment.env, name, &environment));
}

}  // namespace zmq_native
