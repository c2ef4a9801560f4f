// The only include of <napi.h>. C++ exceptions are off: a native call returns a value or leaves a JavaScript exception
// pending, so no exception unwinds through V8.
#pragma once

#define NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED
// In a thread that is being terminated, throwing a JavaScript exception fails. Without this, that would abort the
// process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>
