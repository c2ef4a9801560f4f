# libzmq by its own CMake file, with the switches that the addon wants, and its perf tools as a target of their own.
function(preset type name value)
  set(${name} "${value}" CACHE ${type} "set by vendor/libzmq.cmake" FORCE)
endfunction()

foreach(feature ENABLE_DRAFTS ENABLE_WS ENABLE_RADIX_TREE ENABLE_CURVE WITH_LIBSODIUM WITH_LIBSODIUM_STATIC BUILD_STATIC)
  preset(BOOL ${feature} ON)
endforeach()
foreach(feature WITH_NSS WITH_LIBBSD WITH_DOC WITH_DOCS WITH_PERF_TOOL BUILD_SHARED BUILD_TESTS ENABLE_CPACK
        ENABLE_PRECOMPILED ENABLE_CLANG LIBZMQ_PEDANTIC ENABLE_LIBSODIUM_RANDOMBYTES_CLOSE)
  preset(BOOL ${feature} OFF)
endforeach()

preset(BOOL WITH_TLS ${ZMQ_NATIVE_WSS})
if(ZMQ_NATIVE_WSS)
  find_package(GnuTLS 3.6.7 REQUIRED)
endif()

# libzmq calls getpid before every look for news, lest the process be a fork of the one that opened the socket. Node
# never forks without exec: without that support, four system calls less in a round trip.
preset(BOOL HAVE_FORK OFF)

# Its FindSodium asks pkg-config first; `true` stands in for a system that has none, and the answers are given here.
# The library must be a path: libzmq exports its targets, and CMake refuses to export one of ours.
preset(FILEPATH PKG_CONFIG_EXECUTABLE /bin/true)
preset(STRING SODIUM_INCLUDE_DIRS "${SODIUM_ROOT}/include;${SODIUM_ROOT}/include/sodium;${SODIUM_GENERATED}")
preset(STRING SODIUM_LIBRARIES "$<TARGET_FILE:sodium>")

set(CMAKE_POLICY_DEFAULT_CMP0063 NEW) # hidden symbols in static libraries too
set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # the presets above win over its option()s
add_subdirectory(${VENDOR_SOURCES}/libzmq libzmq EXCLUDE_FROM_ALL)
add_dependencies(libzmq-static sodium)
if(ZMQ_NATIVE_MULTICAST)
  # Not by its own WITH_OPENPGM and WITH_NORM, which look for installed packages. Some generators compile it as a
  # target of objects first.
  set(target libzmq-static)
  if(TARGET objects)
    set(target objects)
  endif()
  target_compile_definitions(${target} PRIVATE ZMQ_HAVE_OPENPGM ZMQ_HAVE_NORM)
  foreach(library openpgm norm)
    target_include_directories(${target} PRIVATE $<TARGET_PROPERTY:${library},INTERFACE_INCLUDE_DIRECTORIES>)
    target_compile_definitions(${target} PRIVATE $<TARGET_PROPERTY:${library},INTERFACE_COMPILE_DEFINITIONS>)
  endforeach()
endif()

# What the addon and the tools link: libzmq with all it stands on.
find_package(Threads REQUIRED)
add_library(zmq INTERFACE)
target_link_libraries(zmq INTERFACE libzmq-static sodium Threads::Threads)
if(ZMQ_NATIVE_MULTICAST)
  target_link_libraries(zmq INTERFACE openpgm norm)
  target_compile_definitions(zmq INTERFACE ZMQ_NATIVE_MULTICAST)
endif()
target_include_directories(zmq INTERFACE ${VENDOR_SOURCES}/libzmq/include)
target_compile_definitions(zmq INTERFACE ZMQ_STATIC ZMQ_BUILD_DRAFT_API)
# For what needs more than the public header.
set(ZMQ_INTERNAL_INCLUDE_DIRS ${VENDOR_SOURCES}/libzmq/src ${CMAKE_CURRENT_BINARY_DIR}/libzmq PARENT_SCOPE)

add_custom_target(perf_tools)
foreach(tool local_thr remote_thr local_lat remote_lat inproc_thr inproc_lat)
  add_executable(${tool} EXCLUDE_FROM_ALL ${VENDOR_SOURCES}/libzmq/perf/${tool}.cpp)
  target_link_libraries(${tool} PRIVATE zmq)
  set_target_properties(${tool} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/perf)
  add_dependencies(perf_tools ${tool})
endforeach()
