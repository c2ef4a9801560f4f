# NORM and what it needs of Protolib, from a plain source list, with the defines that its CMake file would find on
# Linux. PROTO_DEBUG stays undefined: the library then has no log.
set(NORM_ROOT ${VENDOR_SOURCES}/norm)
set(PROTOLIB_ROOT ${NORM_ROOT}/protolib)

set(NORM_FILES)
foreach(file Api Encoder EncoderRS16 EncoderRS8 File Message Node Object Segment Session)
  list(APPEND NORM_FILES ${NORM_ROOT}/src/common/norm${file}.cpp)
endforeach()
foreach(file Address Bitmask Channel Dispatcher Event List Net Queue Socket Time Timer Tree)
  list(APPEND NORM_FILES ${PROTOLIB_ROOT}/src/common/proto${file}.cpp)
endforeach()
add_library(norm STATIC ${NORM_FILES} ${PROTOLIB_ROOT}/src/unix/unixNet.cpp)
target_include_directories(norm PUBLIC ${NORM_ROOT}/include PRIVATE ${PROTOLIB_ROOT}/include)
target_compile_definitions(norm PRIVATE
  UNIX LINUX _FILE_OFFSET_BITS=64 USE_TIMERFD USE_EPOLL USE_EVENTFD HAVE_SCHED HAVE_ASSERT HAVE_LOCKF HAVE_FLOCK
  HAVE_DIRFD HAVE_PSELECT HAVE_IPV6 NO_SCM_RIGHTS)
