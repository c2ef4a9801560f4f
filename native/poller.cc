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
/** The key of the descriptor that ends the wait. Handles of sockets are larger. */
constexpr int32_t kEnd = 0;

}  // namespace

#if defined(_WIN32) || defined(__linux__)

#ifdef _WIN32

namespace {

// Sends a datagram to itself, which makes the socket readable.
SOCKET openEnd() {
  const SOCKET end = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (end != INVALID_SOCKET && bind(end, generic, size) == 0 && getsockname(end, generic, &size) == 0 &&
      connect(end, generic, size) == 0) {
    return end;
  }
  if (end != INVALID_SOCKET) closesocket(end);
  return INVALID_SOCKET;
}

}  // namespace

Poller::Poller() : set_(epoll_create1(0)), end_(openEnd()) {
  if (set_ == nullptr || end_ == INVALID_SOCKET) return;
#else

Poller::Poller() : set_(epoll_create1(EPOLL_CLOEXEC)), end_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (set_ < 0 || end_ < 0) return;
#endif
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kEnd;
  ok_ = epoll_ctl(set_, EPOLL_CTL_ADD, end_, &event) == 0;
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

size_t Poller::wait(int32_t* keys, size_t capacity) {
  epoll_event events[kMaxEvents];
  const int most = static_cast<int>(capacity < kMaxEvents ? capacity : kMaxEvents);
  int count;
  do {
    count = epoll_wait(set_, events, most, -1);
  } while (count == 0 || (count < 0 && errno == EINTR));
  size_t written = 0;
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u64 == kEnd) return 0;
    keys[written++] = static_cast<int32_t>(events[i].data.u64);
  }
  return written;
}

#ifdef _WIN32

void Poller::interrupt() { send(end_, "", 1, 0); }

Poller::~Poller() {
  if (set_ != nullptr) epoll_close(set_);
  if (end_ != INVALID_SOCKET) closesocket(end_);
}

#else

void Poller::interrupt() { eventfd_write(end_, 1); }

Poller::~Poller() {
  if (set_ >= 0) close(set_);
  if (end_ >= 0) close(end_);
}

#endif

#else  // kqueue

Poller::Poller() : set_(kqueue()), end_(-1) {
  if (set_ < 0) return;
  fcntl(set_, F_SETFD, FD_CLOEXEC);
  struct kevent change;
  EV_SET(&change, kEnd, EVFILT_USER, EV_ADD, 0, 0, nullptr);
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

size_t Poller::wait(int32_t* keys, size_t capacity) {
  struct kevent events[kMaxEvents];
  const int most = static_cast<int>(capacity < kMaxEvents ? capacity : kMaxEvents);
  int count;
  do {
    count = kevent(set_, nullptr, 0, events, most, nullptr);
  } while (count == 0 || (count < 0 && errno == EINTR));
  size_t written = 0;
  for (int i = 0; i < count; ++i) {
    if (events[i].filter == EVFILT_USER) return 0;
    keys[written++] = static_cast<int32_t>(reinterpret_cast<intptr_t>(events[i].udata));
  }
  return written;
}

void Poller::interrupt() {
  struct kevent change;
  EV_SET(&change, kEnd, EVFILT_USER, 0, NOTE_TRIGGER, 0, nullptr);
  kevent(set_, &change, 1, nullptr, 0, nullptr);
}

Poller::~Poller() {
  if (set_ >= 0) close(set_);
}

#endif

}  // namespace zmq_native
