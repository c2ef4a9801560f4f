# In the place of all vendored libraries: the libzmq that pkg-config finds. It must have the draft interface, for which
# the addon's waiting and events need it, and lacks what vendor/patches mends.
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEM_LIBZMQ REQUIRED IMPORTED_TARGET GLOBAL libzmq>=4.3.4)

include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::SYSTEM_LIBZMQ)
check_cxx_source_compiles("#define ZMQ_BUILD_DRAFT_API
#include <zmq.h>
int main() { return zmq_poller_fd(nullptr, nullptr) + zmq_socket_monitor_pipes_stats(nullptr); }" SYSTEM_LIBZMQ_HAS_DRAFTS)
unset(CMAKE_REQUIRED_LIBRARIES)
if(NOT SYSTEM_LIBZMQ_HAS_DRAFTS)
  message(FATAL_ERROR "libzmq ${SYSTEM_LIBZMQ_VERSION} has no draft interface: build one with `configure --enable-drafts` or "
    "`cmake -DENABLE_DRAFTS=ON`, name its lib/pkgconfig in PKG_CONFIG_PATH, or build with the vendored one.")
endif()

add_library(zmq INTERFACE)
target_link_libraries(zmq INTERFACE PkgConfig::SYSTEM_LIBZMQ)
target_compile_definitions(zmq INTERFACE ZMQ_BUILD_DRAFT_API ZMQ_NATIVE_SYSTEM_LIBZMQ)
