# libzmq by its own CMake file, with the switches that the addon wants, and the tools in C as a target of their own.
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

# wss, by Mbed TLS (mbedtls.cmake). Its own switch looks for GnuTLS.
preset(BOOL WITH_TLS OFF)
preset(INTERNAL ZMQ_HAVE_WSS 1)

# libzmq calls getpid before every look for news, lest the process be a fork of the one that opened the socket. Node
# never forks without exec: without that support, four system calls less in a round trip.
preset(BOOL HAVE_FORK OFF)

# A cross build cannot run libzmq's test programs, and would silently leave these features out. So they are set here.
if(CMAKE_CROSSCOMPILING AND NOT WIN32)
  foreach(found O_CLOEXEC SO_KEEPALIVE TCP_KEEPCNT TCP_KEEPINTVL)
    preset(INTERNAL ZMQ_HAVE_${found} 1)
  endforeach()
  if(CMAKE_SYSTEM_NAME STREQUAL Linux)
    foreach(found EVENTFD_CLOEXEC PTHREAD_SETNAME_2 PTHREAD_SET_AFFINITY SOCK_CLOEXEC SO_BINDTODEVICE SO_PRIORITY
            TCP_KEEPIDLE TIPC)
      preset(INTERNAL ZMQ_HAVE_${found} 1)
    endforeach()
  elseif(APPLE)
    foreach(found ZMQ_HAVE_PTHREAD_SETNAME_1 ZMQ_HAVE_TCP_KEEPALIVE HAVE_CLOCK_GETTIME)
      preset(INTERNAL ${found} 1)
    endforeach()
  endif()
endif()
if(WIN32)
  # I/O threads on the epoll for Windows that it brings, as is its own default with MSVC; ipc needs it, too.
  preset(STRING POLLER epoll)
endif()
if(MINGW)
  preset(STRING ZMQ_WIN32_WINNT 0x0A00)
  # It asks by names that only MSVC knows.
  foreach(found HAVE_WS2_32 HAVE_RPCRT4 HAVE_IPHLAPI HAVE_IF_NAMETOINDEX)
    preset(INTERNAL ${found} 1)
  endforeach()
endif()
if(MINGW AND CMAKE_CROSSCOMPILING)
  # Headers as wepoll spells them: there are file systems that care. On Windows each would include itself.
  set(SPELLINGS ${CMAKE_CURRENT_BINARY_DIR}/spellings)
  foreach(header Windows WinSock2 WS2tcpip)
    string(TOLOWER ${header} name)
    file(WRITE ${SPELLINGS}/${header}.h "#include <${name}.h>\n")
  endforeach()
endif()

# Its FindSodium asks pkg-config first; `true` stands in for a system that has none, and the answers are given here.
# The library must be a path: libzmq exports its targets, and CMake refuses to export one of ours.
preset(FILEPATH PKG_CONFIG_EXECUTABLE /bin/true)
preset(STRING SODIUM_INCLUDE_DIRS "${SODIUM_ROOT}/include;${SODIUM_ROOT}/include/sodium;${SODIUM_GENERATED}")
preset(STRING SODIUM_LIBRARIES "$<TARGET_FILE:sodium>")

set(CMAKE_POLICY_DEFAULT_CMP0063 NEW) # hidden symbols in static libraries too
set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # the presets above win over its option()s
add_subdirectory(${VENDOR_SOURCES}/libzmq libzmq EXCLUDE_FROM_ALL)
add_dependencies(libzmq-static sodium)
if(MINGW AND CMAKE_CROSSCOMPILING)
  target_include_directories(libzmq-static PRIVATE ${SPELLINGS})
endif()
# Some generators compile it as a target of objects first.
set(target libzmq-static)
if(TARGET objects)
  set(target objects)
endif()
foreach(file wss_address.cpp wss_engine.cpp)
  target_sources(${target} PRIVATE ${VENDOR_SOURCES}/libzmq/src/${file})
endforeach()
target_include_directories(${target} PRIVATE ${TLS_ROOT})
if(ZMQ_NATIVE_MULTICAST)
  # Not by its own WITH_OPENPGM and WITH_NORM, which look for installed packages.
  target_compile_definitions(${target} PRIVATE ZMQ_HAVE_OPENPGM ZMQ_HAVE_NORM)
  foreach(library openpgm norm)
    target_include_directories(${target} PRIVATE $<TARGET_PROPERTY:${library},INTERFACE_INCLUDE_DIRECTORIES>)
    target_compile_definitions(${target} PRIVATE $<TARGET_PROPERTY:${library},INTERFACE_COMPILE_DEFINITIONS>)
  endforeach()
endif()

# The library that the addon and the tools link: libzmq with its dependencies.
find_package(Threads REQUIRED)
add_library(zmq INTERFACE)
target_link_libraries(zmq INTERFACE libzmq-static tls sodium Threads::Threads)
if(ZMQ_NATIVE_MULTICAST)
  target_link_libraries(zmq INTERFACE openpgm norm)
  target_compile_definitions(zmq INTERFACE ZMQ_NATIVE_MULTICAST)
endif()
target_include_directories(zmq INTERFACE ${VENDOR_SOURCES}/libzmq/include)
target_compile_definitions(zmq INTERFACE ZMQ_STATIC ZMQ_BUILD_DRAFT_API)
# For what needs more than the public header.
set(ZMQ_INTERNAL_INCLUDE_DIRS ${VENDOR_SOURCES}/libzmq/src ${CMAKE_CURRENT_BINARY_DIR}/libzmq PARENT_SCOPE)

# The tools in C of the tests: libzmq's own, and examples/c. Link-time optimization of the whole library takes most of a
# link, so they share one library where a linker can make it of the static one.
set(TOOLS_LIBRARY zmq)
if(CMAKE_SYSTEM_NAME STREQUAL Linux)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/empty.c CONTENT "")
  add_library(tools_zmq SHARED EXCLUDE_FROM_ALL ${CMAKE_CURRENT_BINARY_DIR}/empty.c)
  target_link_options(tools_zmq PRIVATE
    LINKER:--whole-archive $<TARGET_FILE:libzmq-static> LINKER:--no-whole-archive)
  target_link_libraries(tools_zmq PRIVATE zmq)
  target_include_directories(tools_zmq INTERFACE ${VENDOR_SOURCES}/libzmq/include)
  target_compile_definitions(tools_zmq INTERFACE ZMQ_BUILD_DRAFT_API)
  set_target_properties(tools_zmq PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/perf)
  set(TOOLS_LIBRARY tools_zmq)
endif()
set(TOOLS_LIBRARY ${TOOLS_LIBRARY} PARENT_SCOPE)

add_custom_target(tools)
foreach(tool local_thr remote_thr local_lat remote_lat)
  add_executable(${tool} EXCLUDE_FROM_ALL ${VENDOR_SOURCES}/libzmq/perf/${tool}.cpp)
  target_link_libraries(${tool} PRIVATE ${TOOLS_LIBRARY})
  set_target_properties(${tool} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/perf)
  add_dependencies(tools ${tool})
endforeach()
