# Cross builds with zig's clang. ZIG is its path, ZIG_TOOLS a folder of wrappers, ZIG_TARGET a triple of its own kind.
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG ZIG_TOOLS ZIG_TARGET)

if(ZIG_TARGET MATCHES "-linux-")
  set(CMAKE_SYSTEM_NAME Linux)
elseif(ZIG_TARGET MATCHES "-windows-")
  set(CMAKE_SYSTEM_NAME Windows)
  set(CMAKE_SYSTEM_VERSION 10.0)
else()
  set(CMAKE_SYSTEM_NAME Darwin)
  # The target's name says all this, and there is no SDK of Apple's.
  set(CMAKE_OSX_SYSROOT "")
  set(CMAKE_OSX_ARCHITECTURES "")
  set(CMAKE_OSX_DEPLOYMENT_TARGET "")
  set(CMAKE_INSTALL_NAME_TOOL /bin/true)
endif()
string(REGEX MATCH "^[a-z0-9_]+" CMAKE_SYSTEM_PROCESSOR "${ZIG_TARGET}")

set(CMAKE_C_COMPILER "${ZIG}" cc -target ${ZIG_TARGET})
set(CMAKE_CXX_COMPILER "${ZIG}" c++ -target ${ZIG_TARGET})
set(CMAKE_ASM_COMPILER "${ZIG}" cc -target ${ZIG_TARGET})
set(CMAKE_RC_COMPILER ${ZIG_TOOLS}/rc)
foreach(tool AR RANLIB)
  string(TOLOWER ${tool} name)
  set(CMAKE_${tool} ${ZIG_TOOLS}/${name} CACHE FILEPATH "" FORCE)
  foreach(language C CXX ASM)
    set(CMAKE_${language}_COMPILER_${tool} ${ZIG_TOOLS}/${name} CACHE FILEPATH "" FORCE)
  endforeach()
endforeach()

# By default zig traps on undefined behavior of C.
set(CMAKE_C_FLAGS_INIT -fno-sanitize=undefined)
set(CMAKE_CXX_FLAGS_INIT -fno-sanitize=undefined)

if(ZIG_TARGET MATCHES "^aarch64-windows-")
  string(APPEND CMAKE_CXX_FLAGS_INIT " -include ${CMAKE_CURRENT_LIST_DIR}/windows_arm64.h")
endif()

if(ZIG_TARGET MATCHES "-linux-")
  # Bitcode is optimized all the same. With the flag, zig makes its own libraries of bitcode too, and then some seventy of
  # their functions are exported, whatever native/exports.map says.
  #
  # The linker applies native/exports.map before it optimizes. Only optimized code may call compiler-rt, as on arm64
  # __aarch64_ldadd8_relax. The linker would load compiler-rt afterwards and export 72 functions of it, such as memcpy. Any
  # required function of compiler-rt makes the linker load it before.
  set(CMAKE_SHARED_LINKER_FLAGS_INIT "-fno-lto -Wl,-u,__popcountdi2")
endif()

# Nothing of the machine that builds.
set(CMAKE_FIND_ROOT_PATH /nonexistent)
foreach(kind LIBRARY INCLUDE PACKAGE)
  set(CMAKE_FIND_ROOT_PATH_MODE_${kind} ONLY)
endforeach()
