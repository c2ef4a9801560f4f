# Windows: the addon looks up Node-API in the program that loads it, node.exe by any name, or in node.dll. An import would
# name one file, and would need a library of Node's to link with. Sets NODE_IMPORTS to a source file.
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
static void initialize(void);
#ifdef _MSC_VER
#pragma section(\".CRT$XCU\", read)
__declspec(allocate(\".CRT$XCU\")) void (*bind_node_api)(void) = initialize;
#pragma comment(linker, \"/include:bind_node_api\")
#else
__attribute__((constructor)) static void bind_node_api(void) { initialize(); }
#endif
static void initialize(void) {
  HMODULE node = GetModuleHandleA(\"node.dll\");
  if (node == NULL) node = GetModuleHandleA(NULL);
@bindings@}
" @ONLY)
