// A stream from PUSH to PULL with nanomsg.

#include <nanomsg/nn.h>
#include <nanomsg/pipeline.h>
#include <unistd.h>

#include "stream.h"

namespace {

void expectOk(int result, const char* what) {
  if (result >= 0) return;
  std::fprintf(stderr, "%s: %s\n", what, nn_strerror(nn_errno()));
  std::exit(1);
}

void receive(const Stream& stream) {
  const int pull = nn_socket(AF_SP, NN_PULL);
  const int unlimited = -1;
  expectOk(nn_setsockopt(pull, NN_SOL_SOCKET, NN_RCVMAXSIZE, &unlimited, sizeof unlimited), "limit");
  expectOk(nn_bind(pull, stream.endpoint), "bind");
  Meter meter(stream.count);
  for (bool last = false; !last;) {
    void* body = nullptr;
    const int length = nn_recv(pull, &body, NN_MSG, 0);
    expectOk(length, "receive");
    last = meter.took(static_cast<size_t>(length) == stream.size);
    nn_freemsg(body);
  }
}

void send(const Stream& stream) {
  const int push = nn_socket(AF_SP, NN_PUSH);
  const int milliseconds = 10;
  nn_setsockopt(push, NN_SOL_SOCKET, NN_RECONNECT_IVL, &milliseconds, sizeof milliseconds);
  expectOk(nn_connect(push, stream.endpoint), "connect");
  for (long i = 0; i < stream.count; ++i) {
    void* body = nn_allocmsg(stream.size, 0);
    std::memset(body, 'x', stream.size);
    expectOk(nn_send(push, &body, NN_MSG, 0), "send");
  }
  // Closing would drop what is queued: the bench ends this process once the receiver has had everything.
  for (;;) pause();
}

}  // namespace

int main(int argc, char** argv) { return runStream(argc, argv, receive, send); }
