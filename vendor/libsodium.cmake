# libsodium, minimal build, from its plain source list: the defines that its configure script would find.
set(SODIUM_ROOT ${VENDOR_SOURCES}/libsodium/src/libsodium)

set(VERSION 1.0.18)
set(SODIUM_LIBRARY_VERSION_MAJOR 10)
set(SODIUM_LIBRARY_VERSION_MINOR 3)
set(SODIUM_LIBRARY_MINIMAL_DEF "#define SODIUM_LIBRARY_MINIMAL 1")
set(SODIUM_GENERATED ${CMAKE_CURRENT_BINARY_DIR}/libsodium)
configure_file(${SODIUM_ROOT}/include/sodium/version.h.in ${SODIUM_GENERATED}/sodium/version.h @ONLY)

file(GLOB_RECURSE SODIUM_FILES ${SODIUM_ROOT}/*.c)
# A minimal build lacks the cores of these two ciphers.
list(FILTER SODIUM_FILES EXCLUDE REGEX "/crypto_stream/salsa20(12|8)/")
add_library(sodium STATIC ${SODIUM_FILES})
target_include_directories(sodium
  PUBLIC ${SODIUM_ROOT}/include ${SODIUM_GENERATED}
  PRIVATE ${SODIUM_ROOT}/include/sodium ${SODIUM_GENERATED}/sodium)
target_compile_definitions(sodium
  PUBLIC SODIUM_STATIC
  PRIVATE CONFIGURED=1 MINIMAL=1 NATIVE_LITTLE_ENDIAN=1)
if(NOT MSVC)
  target_compile_definitions(sodium PRIVATE
    _GNU_SOURCE HAVE_PTHREAD=1 HAVE_ATOMIC_OPS=1 HAVE_C11_MEMORY_FENCES=1 HAVE_INLINE_ASM=1)
  if(NOT WIN32)
    target_compile_definitions(sodium PRIVATE
      HAVE_WEAK_SYMBOLS=1 HAVE_CATCHABLE_SEGV=1 HAVE_CATCHABLE_ABRT=1 HAVE_MMAP=1 HAVE_MPROTECT=1 HAVE_MLOCK=1
      HAVE_POSIX_MEMALIGN=1 HAVE_SYS_MMAN_H=1 HAVE_NANOSLEEP=1 HAVE_GETPID=1)
  endif()
  if(CMAKE_SIZEOF_VOID_P EQUAL 8)
    target_compile_definitions(sodium PRIVATE HAVE_TI_MODE=1)
  endif()
  if(CMAKE_SYSTEM_NAME STREQUAL Linux)
    target_compile_definitions(sodium PRIVATE ASM_HIDE_SYMBOL=.hidden)
    # In glibc from 2.25 on.
    include(CheckSymbolExists)
    set(CMAKE_REQUIRED_DEFINITIONS -D_GNU_SOURCE)
    check_symbol_exists(explicit_bzero string.h SODIUM_HAVE_EXPLICIT_BZERO)
    unset(CMAKE_REQUIRED_DEFINITIONS)
    if(SODIUM_HAVE_EXPLICIT_BZERO)
      target_compile_definitions(sodium PRIVATE HAVE_EXPLICIT_BZERO=1)
    endif()
  elseif(APPLE)
    target_compile_definitions(sodium PRIVATE ASM_HIDE_SYMBOL=.private_extern HAVE_ARC4RANDOM=1 HAVE_ARC4RANDOM_BUF=1)
  endif()
endif()

# x86-64: vector code is compiled in and chosen at run time by CPUID. CURVE is about three times as fast with it.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND NOT MSVC)
  target_compile_definitions(sodium PRIVATE
    HAVE_CPUID=1 HAVE_MMINTRIN_H=1 HAVE_EMMINTRIN_H=1 HAVE_PMMINTRIN_H=1 HAVE_TMMINTRIN_H=1 HAVE_SMMINTRIN_H=1
    HAVE_AVXINTRIN_H=1 HAVE_AVX2INTRIN_H=1 HAVE_WMMINTRIN_H=1 HAVE_RDRAND=1)
  if(NOT WIN32)
    file(GLOB_RECURSE SODIUM_ASSEMBLY ${SODIUM_ROOT}/*.S)
    target_sources(sodium PRIVATE ${SODIUM_ASSEMBLY})
    target_compile_definitions(sodium PRIVATE HAVE_AMD64_ASM=1 HAVE_AVX_ASM=1)
  endif()
  if(CMAKE_C_COMPILER_ID MATCHES Clang)
    # Each file names the instructions that it uses in a pragma that only GCC obeys.
    foreach(file ${SODIUM_FILES})
      file(STRINGS ${file} pragmas REGEX "pragma GCC target")
      foreach(pragma ${pragmas})
        string(REGEX REPLACE ".*\"(.*)\".*" "-m\\1" flag ${pragma})
        set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS ${flag})
      endforeach()
    endforeach()
  endif()
endif()
