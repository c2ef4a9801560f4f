# OpenPGM from its plain source list, with the defines that its configure script would find on Linux.
# Two files are our own (vendor/openpgm): cpu.c and version.c, whose originals do not compile everywhere.
set(PGM_ROOT ${VENDOR_SOURCES}/openpgm/openpgm/pgm)

set(PGM_FILES)
foreach(file
    checksum engine error galois_tables get_nprocs getifaddrs getnetbyname getnodeaddr getprotobyname gsi hashtable
    histogram if indextoaddr indextoname inet_lnaof inet_network list math md5 mem messages nametoindex net
    packet_parse queue rand rate_control receiver recv reed_solomon rxw skbuff slist sockaddr socket source
    string thread time timer tsi txw wsastrerror)
  list(APPEND PGM_FILES ${PGM_ROOT}/${file}.c)
endforeach()
add_library(openpgm STATIC ${PGM_FILES} openpgm/cpu.c openpgm/version.c)
target_include_directories(openpgm PUBLIC ${PGM_ROOT}/include)
set_target_properties(openpgm PROPERTIES C_STANDARD 99 C_EXTENSIONS ON)

# HAVE_GNU_STRERROR_R and STRERROR_R_CHAR_P are left out on purpose: with _XOPEN_SOURCE, glibc has the other kind.
target_compile_definitions(openpgm PRIVATE
  _REENTRANT _XOPEN_SOURCE=600 _DEFAULT_SOURCE GETTEXT_PACKAGE="pgm"
  HAVE_CLOCK_GETTIME HAVE_GETTIMEOFDAY HAVE_PTHREAD_SPINLOCK HAVE_GETNETENT HAVE_ISO_VARARGS HAVE_ALLOCA_H HAVE_EVENTFD
  HAVE_PROC_CPUINFO HAVE_PSELECT HAVE_POLL HAVE_EPOLL_CTL HAVE_GETIFADDRS HAVE_STRUCT_IFADDRS_IFR_NETMASK
  HAVE_STRUCT_GROUP_REQ HAVE_STRUCT_IP_MREQN HAVE_VASPRINTF HAVE_DSO_VISIBILITY
  USE_BIND_INADDR_ANY USE_TICKET_SPINLOCK USE_DUMB_RWSPINLOCK
  # Without the 64 KiB table of products, reed_solomon.c calls this function by a name that nothing has.
  gfmul=pgm_gfmul)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64|i.86)$")
  target_compile_definitions(openpgm PRIVATE HAVE_RDTSC)
endif()
# Functions of glibc that musl lacks.
include(CheckSymbolExists)
set(CMAKE_REQUIRED_DEFINITIONS -D_GNU_SOURCE)
check_symbol_exists(getprotobyname_r netdb.h PGM_HAVE_GETPROTOBYNAME_R)
check_symbol_exists(backtrace execinfo.h PGM_HAVE_BACKTRACE)
check_symbol_exists(timespec_get time.h PGM_HAVE_TIMESPEC_GET)
unset(CMAKE_REQUIRED_DEFINITIONS)
foreach(function GETPROTOBYNAME_R BACKTRACE TIMESPEC_GET)
  if(PGM_HAVE_${function})
    target_compile_definitions(openpgm PRIVATE HAVE_${function})
  endif()
endforeach()

# Its headers use `restrict`, which C++ lacks, and define it for gcc only.
target_compile_definitions(openpgm INTERFACE
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:Clang,AppleClang>>:restrict=__restrict__>)
