// Module entry, run once per JavaScript environment: an Environment, and the functions of lib/binding.ts bound to it.

#include "exports.h"

static Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  // Deletes itself when the JavaScript environment ends (Environment::teardown).
  auto& environment = *new zmq_native::Environment(env);
  zmq_native::exportEnvironment(environment, exports);
  zmq_native::exportContext(environment, exports);
  zmq_native::exportSocket(environment, exports);
  zmq_native::exportSender(environment, exports);
  zmq_native::exportReceiver(environment, exports);
  zmq_native::exportSubscribers(environment, exports);
  zmq_native::exportProxy(environment, exports);
  zmq_native::exportMulticastLog(environment, exports);
  zmq_native::exportSecurity(environment, exports);
  return exports;
}

NODE_API_MODULE(zmq_native, initialize)
