# Windows without MSVC: Node-API is found in whatever program has loaded the addon, node.exe by any name, or node.dll. An
# import would name one file, and MSVC's hook for delayed imports is not to be had. Sets NODE_IMPORTS to a source file.
set(NODE_API_NAMES)
foreach(list js_native_api node_api)
  file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/vendor/headers/node-api-headers/def/${list}.def names REGEX "^(napi|node_api)_")
  list(APPEND NODE_API_NAMES ${names})
endforeach()

set(NODE_IMPORTS ${CMAKE_CURRENT_BINARY_DIR}/node_imports.c)
set(variables "")
set(bindings "")
foreach(name ${NODE_API_NAMES})
  string(STRIP ${name} name)
  string(APPEND variables "FARPROC __imp_${name};\n")
  string(APPEND bindings "  __imp_${name} = GetProcAddress(node, \"${name}\");\n")
endforeach()
file(CONFIGURE OUTPUT ${NODE_IMPORTS} CONTENT "#include <windows.h>
@variables@
/* What an old Node lacks stays null: only functions of NAPI_VERSION may be called. */
__attribute__((constructor)) static void bind_node_api(void) {
  HMODULE node = GetModuleHandleA(\"node.dll\");
  if (node == NULL) node = GetModuleHandleA(NULL);
@bindings@}
" @ONLY)
