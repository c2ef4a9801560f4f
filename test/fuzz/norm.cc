// Feeds NORM the input of a raw peer: libFuzzer generates the bytes, and each input is a series of datagrams.
//
//   norm_peer --target=norm-receiver CORPUS
//
// A datagram is its length, two bytes in big-endian order, and its bytes. A length of 0 advances the clock by a second
// instead. Session and clock are new for each input. The input is read as libzmq's engine reads it.

#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

// The function in which a session handles a datagram is not public.
#define private public
#define protected public
#include <normSession.h>
#undef private
#undef protected

namespace {

bool sends;
/** Seconds since 1970, as reported to NORM. */
double now;

/** Runs the work of a session's thread when it is due. */
class Clock : public ProtoTimerMgr {
 public:
  bool UpdateSystemTimer(ProtoTimer::Command, double) override { return true; }

  void pass(const double seconds) {
    const double end = now + seconds;
    for (int rounds = 0; now < end && rounds < 200; ++rounds) {
      const double remaining = GetTimeRemaining();
      now = remaining < 0 || now + remaining > end ? end : now + remaining + 1e-6;
      DoSystemTimeout();
    }
  }
};

/** Like NORM's interface: it stores events with their objects and handles them afterwards. */
class Controller : public NormController {
 public:
  void Notify(const Event event, NormSessionMgr*, NormSession*, NormNode* node, NormObject* object) override {
    if (event == RX_OBJECT_NEW) {
      auto* const stream = static_cast<NormStreamObject*>(object);
      if (!stream->Accept(stream->GetSize().LSB(), true)) return;
      stream->SetBlockPoolThreshold(stream->GetBlockPoolCount() / 2);
    }
    if (event == RX_OBJECT_NEW || event == RX_OBJECT_UPDATED) {
      object->Retain();
      updated_.push_back(static_cast<NormStreamObject*>(object));
    } else if (event == REMOTE_SENDER_INACTIVE) {
      node->Retain();
      inactive_.push_back(static_cast<NormSenderNode*>(node));
    }
  }

  void settle(NormSession* session) {
    for (NormStreamObject* const stream : std::exchange(updated_, {})) {
      read(stream);
      stream->Release();
    }
    for (NormSenderNode* const sender : std::exchange(inactive_, {})) {
      session->DeleteRemoteSender(*sender);
      sender->Release();
    }
  }

 private:
  /** Finds a byte 0 where a message begins, then reads. A reader that makes no progress is stuck. */
  static void read(NormStreamObject* stream) {
    char buffer[8192] = {1};
    for (int rounds = 0; buffer[0] != 0; ++rounds) {
      if (rounds == 100'000) std::abort();
      unsigned int size = 0;
      if (!stream->Read(nullptr, &size, true)) return;
      size = 1;
      if (!stream->Read(buffer, &size)) continue;
      if (size == 0) return;
    }
    for (int rounds = 0; rounds < 64; ++rounds) {
      unsigned int size = sizeof buffer;
      if (!stream->Read(buffer, &size) || size == 0) return;
    }
  }

  std::vector<NormStreamObject*> updated_;
  std::vector<NormSenderNode*> inactive_;
};

}  // namespace

// NORM reads this clock, by the linker's --wrap.
extern "C" int __wrap_gettimeofday(timeval* time, void*) {
  time->tv_sec = static_cast<time_t>(now);
  time->tv_usec = static_cast<suseconds_t>((now - static_cast<double>(time->tv_sec)) * 1e6);
  return 0;
}

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  for (int i = 1; i < *count; ++i) {
    if (std::strcmp((*arguments)[i], "--target=norm-sender") == 0) sends = true;
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  now = 1.7e9;
  std::srand(1);
  static const auto port = static_cast<UINT16>(20'000 + getpid() % 20'000);
  // Sent data is discarded.
  static ProtoSocket::Notifier notifier;
  Clock clock;
  Controller controller;
  NormSessionMgr manager(clock, notifier);
  manager.SetController(&controller);
  NormSession* const session = manager.NewSession("127.0.0.1", port, 7);
  if (session == nullptr) std::abort();
  if (sends) {
    if (!session->StartSender(1, 64 * 1024, 1400, 16, 4)) std::abort();
    session->SetCongestionControl(true);
    NormStreamObject* const stream = session->QueueTxStream(64 * 1024);
    if (stream == nullptr) std::abort();
    const std::string text(20'000, 'x');
    stream->Write(text.data(), static_cast<UINT32>(text.size()), true);
    stream->Flush(true);
    clock.pass(1);
  } else {
    session->ReceiverSetDefaultSyncPolicy(NormSenderNode::SYNC_STREAM);
    session->ReceiverSetUnicastNacks(true);
    if (!session->StartReceiver(128 * 1024)) std::abort();
  }

  while (size >= 2) {
    const size_t wanted = static_cast<size_t>(data[0]) << 8 | data[1];
    data += 2;
    size -= 2;
    if (wanted == 0) {
      clock.pass(1);
      controller.settle(session);
      continue;
    }
    const size_t length = wanted < size ? wanted : size;
    // The readable data ends here, except for the remainder of the previous datagram.
    NormMsg message;
    std::memset(message.AccessBuffer(), 0xaa, NormMsg::MAX_SIZE);
    std::memcpy(message.AccessBuffer(), data, length);
    message.AccessAddress().ResolveFromString("127.0.0.1");
    message.AccessAddress().SetPort(port);
    if (message.InitFromBuffer(static_cast<UINT16>(length))) session->HandleReceiveMessage(message, true);
    controller.settle(session);
    data += length;
    size -= length;
  }
  clock.pass(3);
  controller.settle(session);
  manager.DeleteSession(session);
  return 0;
}
