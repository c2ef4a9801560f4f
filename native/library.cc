// libzmq's version, capabilities and error texts, and key pairs for CURVE. Stateless.

#include <zmq.h>

#include <array>
#include <cerrno>
#include <string>

#include "arguments.h"
#include "exports.h"

namespace zmq_native {
namespace {

constexpr size_t kEncodedKey = 41;  // 40 characters of Z85 and a NUL

// version() -> "major.minor.patch" of the linked libzmq
Napi::Value version(const Napi::CallbackInfo& info) {
  int major, minor, patch;
  zmq_version(&major, &minor, &patch);
  return Napi::String::New(info.Env(),
                           std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch));
}

// has(capability) -> boolean, see zmq_has
Napi::Value has(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const std::string capability = arguments.string(0);
  if (!arguments.ok()) return {};
  return Napi::Boolean::New(info.Env(), zmq_has(capability.c_str()) != 0);
}

// describeError(errno) -> text, see zmq_strerror
Napi::Value describeError(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const int32_t error = arguments.integer(0);
  if (!arguments.ok()) return {};
  return Napi::String::New(info.Env(), zmq_strerror(error));
}

// curveKeyPair() -> [publicKey, secretKey] in Z85, or -errno
Napi::Value curveKeyPair(const Napi::CallbackInfo& info) {
  char publicKey[kEncodedKey];
  char secretKey[kEncodedKey];
  if (zmq_curve_keypair(publicKey, secretKey) != 0) return Napi::Number::New(info.Env(), -zmq_errno());
  return {info.Env(), stringArray(info.Env(), std::array<std::string, 2>{publicKey, secretKey})};
}

}  // namespace

void exportLibrary(Exports& exports) {
  exports.add<version>("version");
  exports.add<has>("has");
  exports.add<describeError>("describeError");
  exports.add<curveKeyPair>("curveKeyPair");
}

}  // namespace zmq_native
