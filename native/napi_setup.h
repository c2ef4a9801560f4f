// The only include of <napi.h>. C++ exceptions stay off: a native call answers a value or leaves a JavaScript
// exception pending, so nothing ever unwinds through V8.
#pragma once

#define NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED
#include <napi.h>
