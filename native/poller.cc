#include "poller.h"

#include <cerrno>

#ifdef _WIN32
#include <wepoll.h>
#include <ws2tcpip.h>
#elif defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#else
#include <fcntl.h>
#include <sys/event.h>
#include <unistd.h>
#endif

namespace zmq_native {
namespace {

constexpr size_t kMaxEvents = 64;
/** The key of the descriptor that interrupts the wait. Handles of sockets are larger. */
constexpr int32_t kInterruption = 0;

}  // namespace

#if defined(_WIN32) || defined(__linux__)

#ifdef _WIN32

namespace {

// Sends a datagram to itself, which makes the socket readable.
SOCKET openInterruption() {
  const SOCKET self = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  u_long nonBlocking = 1;
  if (self != INVALID_SOCKET && ioctlsocket(self, FIONBIO, &nonBlocking) == 0 && bind(self, generic, size) == 0 &&
      getsockname(self, generic, &size) == 0 && connect(self, generic, size) == 0) {
    return self;
  }
  if (self != INVALID_SOCKET) closesocket(self);
  return INVALID_SOCKET;
}

}  // namespace

Poller::Poller() : set_(epoll_create1(0)), interruption_(openInterruption()) {
  if (set_ == nullptr || interruption_ == INVALID_SOCKET) return;
#else

Poller::Poller() : set_(epoll_create1(EPOLL_CLOEXEC)), interruption_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (set_ < 0 || interruption_ < 0) return;
#endif
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kInterruption;
  ok_ = epoll_ctl(set_, EPOLL_CTL_ADD, interruption_, &event) == 0;
}

int Poller::arm(Descriptor descriptor, int32_t key) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.u64 = static_cast<uint32_t>(key);
  if (epoll_ctl(set_, EPOLL_CTL_MOD, descriptor, &event) == 0) return 0;
  if (errno == ENOENT && epoll_ctl(set_, EPOLL_CTL_ADD, descriptor, &event) == 0) return 0;
  return -errno;
}

void Poller::remove(Descriptor descriptor) {
  epoll_event unused{};
  epoll_ctl(set_, EPOLL_CTL_DEL, descriptor, &unused);
}

int Poller::wait(int32_t* keys, size_t capacity, int timeout) {
  epoll_event events[kMaxEvents];
  const int most = static_cast<int>(capacity < kMaxEvents ? capacity : kMaxEvents);
  int count;
  do {
    count = epoll_wait(set_, events, most, timeout);
  } while (count < 0 && errno == EINTR);
  int written = count < 0 ? -1 : 0;
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u64 == kInterruption) {
      endInterruption();
    } else {
      keys[written++] = static_cast<int32_t>(events[i].data.u64);
    }
  }
  return written;
}

#ifdef _WIN32

void Poller::interrupt() { send(interruption_, "", 1, 0); }

void Poller::endInterruption() {
  char unused;
  while (recv(interruption_, &unused, 1, 0) > 0) {
  }
}

Poller::~Poller() {
  if (set_ != nullptr) epoll_close(set_);
  if (interruption_ != INVALID_SOCKET) closesocket(interruption_);
}

#else

void Poller::interrupt() { eventfd_write(interruption_, 1); }

void Poller::endInterruption() {
  eventfd_t unused;
  eventfd_read(interruption_, &unused);
}

Poller::~Poller() {
  if (set_ >= 0) close(set_);
  if (interruption_ >= 0) close(interruption_);
}

#endif

#else  // kqueue

Poller::Poller() : set_(kqueue()), interruption_(-1) {
  if (set_ < 0) return;
  fcntl(set_, F_SETFD, FD_CLOEXEC);
  struct kevent change;
  EV_SET(&change, kInterruption, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, nullptr);
  ok_ = kevent(set_, &change, 1, nullptr, 0, nullptr) == 0;
}

int Poller::arm(Descriptor descriptor, int32_t key) {
  struct kevent change;
  auto* const data = reinterpret_cast<void*>(static_cast<intptr_t>(key));
  EV_SET(&change, descriptor, EVFILT_READ, EV_ADD | EV_ONESHOT, 0, 0, data);
  return kevent(set_, &change, 1, nullptr, 0, nullptr) == 0 ? 0 : -errno;
}

void Poller::remove(Descriptor descriptor) {
  struct kevent change;
  EV_SET(&change, descriptor, EVFILT_READ, EV_DELETE, 0, 0, nullptr);
  // Fails if the descriptor has been reported meanwhile, which also removes it.
  kevent(set_, &change, 1, nullptr, 0, nullptr);
}

int Poller::wait(int32_t* keys, size_t capacity, int timeout) {
  struct kevent events[kMaxEvents];
  const int most = static_cast<int>(capacity < kMaxEvents ? capacity : kMaxEvents);
  const timespec limit = {timeout / 1000, timeout % 1000 * 1'000'000L};
  int count;
  do {
    count = kevent(set_, nullptr, 0, events, most, timeout < 0 ? nullptr : &limit);
  } while (count < 0 && errno == EINTR);
  int written = count < 0 ? -1 : 0;
  for (int i = 0; i < count; ++i) {
    // The kernel ends an interruption when it reports it.
    if (events[i].filter == EVFILT_USER) continue;
    keys[written++] = static_cast<int32_t>(reinterpret_cast<intptr_t>(events[i].udata));
  }
  return written;
}

void Poller::interrupt() {
  struct kevent change;
  EV_SET(&change, kInterruption, EVFILT_USER, 0, NOTE_TRIGGER, 0, nullptr);
  kevent(set_, &change, 1, nullptr, 0, nullptr);
}

Poller::~Poller() {
  if (set_ >= 0) close(set_);
}

#endif

}  // namespace zmq_native
