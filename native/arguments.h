// Reads and checks the arguments of one native call. An argument of the wrong type leaves a TypeError pending and makes
// `ok()` false. Check `ok()` before using a socket.
#pragma once

#include <string>

#include "environment.h"
#include "napi_setup.h"

namespace zmq_native {

/** Ids of connections are below this. Numbers of JavaScript have no larger integers: 2 to the power of 53. */
constexpr double kMostIds = 9007199254740992;

/** Clears a pending JavaScript exception, for which an errno is returned instead. */
inline void clearException(napi_env env) {
  bool pending = false;
  napi_value unused;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending) napi_get_and_clear_last_exception(env, &unused);
}

/** Creates an array of strings. Null if Node-API fails. */
template <typename Strings>
napi_value stringArray(napi_env env, const Strings& strings) {
  napi_value array = nullptr;
  uint32_t count = 0;
  if (napi_create_array(env, &array) != napi_ok) return nullptr;
  for (const std::string& text : strings) {
    napi_value value = nullptr;
    if (napi_create_string_utf8(env, text.data(), text.size(), &value) != napi_ok ||
        napi_set_element(env, array, count++, value) != napi_ok) {
      return nullptr;
    }
  }
  return array;
}

/** The bytes of a Uint8Array, such as a Buffer. Valid until JavaScript runs again. */
struct Bytes {
  uint8_t* data = nullptr;
  size_t size = 0;
};

class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info)
      : info_(info), environment_(static_cast<Environment*>(info.Data())) {}

  Environment& environment() const { return *environment_; }
  napi_env env() const { return info_.Env(); }
  napi_value value(size_t index) const { return info_[index]; }
  bool ok() const { return ok_; }

  int32_t integer(size_t index) {
    int32_t result = 0;
    if (napi_get_value_int32(env(), value(index), &result) != napi_ok) fail(index, "an integer");
    return result;
  }

  double number(size_t index) {
    double result = 0;
    if (napi_get_value_double(env(), value(index), &result) != napi_ok) fail(index, "a number");
    return result;
  }

  /** A size in bytes. */
  int64_t length(size_t index) {
    int64_t result = 0;
    if (napi_get_value_int64(env(), value(index), &result) != napi_ok || result < 0) fail(index, "a length");
    return result;
  }

  bool boolean(size_t index) {
    bool result = false;
    if (napi_get_value_bool(env(), value(index), &result) != napi_ok) fail(index, "a boolean");
    return result;
  }

  std::string string(size_t index) {
    size_t size = 0;
    if (napi_get_value_string_utf8(env(), value(index), nullptr, 0, &size) != napi_ok) {
      fail(index, "a string");
      return {};
    }
    std::string result(size, '\0');
    if (napi_get_value_string_utf8(env(), value(index), result.data(), size + 1, &size) != napi_ok) {
      fail(index, "a string");
    }
    return result;
  }

  Bytes bytes(size_t index) {
    Bytes result;
    if (!bytesOf(env(), value(index), &result)) fail(index, "a Uint8Array");
    return result;
  }

  /** The memory of an ArrayBuffer. Getting it takes half as long as getting the memory of a Uint8Array. */
  Bytes memory(size_t index) {
    void* data = nullptr;
    size_t size = 0;
    if (napi_get_arraybuffer_info(env(), value(index), &data, &size) != napi_ok) fail(index, "an ArrayBuffer");
    return {static_cast<uint8_t*>(data), size};
  }

  napi_value array(size_t index) {
    bool isArray = false;
    if (napi_is_array(env(), value(index), &isArray) != napi_ok || !isArray) fail(index, "an array");
    return value(index);
  }

  napi_value object(size_t index) {
    napi_valuetype type;
    if (napi_typeof(env(), value(index), &type) != napi_ok || type != napi_object) fail(index, "an object");
    return value(index);
  }

  napi_value function(size_t index) {
    napi_valuetype type;
    if (napi_typeof(env(), value(index), &type) != napi_ok || type != napi_function) fail(index, "a function");
    return value(index);
  }

  /** The socket of the handle in argument `index`. Null if there is none: the caller then returns -ENOTSOCK. */
  Socket* socket(size_t index) { return environment_->sockets.find(integer(index)); }

  Napi::Value answer(int64_t result) const {
    napi_value value = nullptr;
    // V8 converts an int32 to a small integer faster than a double.
    if (result == static_cast<int32_t>(result)) {
      napi_create_int32(env(), static_cast<int32_t>(result), &value);
    } else {
      napi_create_int64(env(), result, &value);
    }
    return {env(), value};
  }

  /** False if `value` is not a Uint8Array. */
  static bool bytesOf(napi_env env, napi_value value, Bytes* bytes) {
    napi_typedarray_type type;
    void* data = nullptr;
    if (napi_get_typedarray_info(env, value, &type, &bytes->size, &data, nullptr, nullptr) != napi_ok) return false;
    bytes->data = static_cast<uint8_t*>(data);
    return type == napi_uint8_array;
  }

 private:
  void fail(size_t index, const char* expected) {
    if (!ok_) return;
    ok_ = false;
    const std::string text = "argument " + std::to_string(index) + " must be " + expected;
    napi_throw_type_error(env(), "ERR_INVALID_ARG_TYPE", text.c_str());
  }

  const Napi::CallbackInfo& info_;
  Environment* environment_;
  bool ok_ = true;
};

}  // namespace zmq_native
