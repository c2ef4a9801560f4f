// The only include of <napi.h>. Its C++ exceptions stay off: a native call answers a value or leaves a JavaScript
// exception pending, so nothing ever unwinds through V8.
#pragma once

#define NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED
// A thread that is being terminated refuses to have an exception thrown; without this, that would abort the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>
