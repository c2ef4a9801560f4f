// A stream from PUSH to PULL with nng.

#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <unistd.h>

#include "stream.h"

namespace {

/** Messages in each queue: as many as libzmq's high-water marks allow. */
constexpr int kQueue = 1000;

void expectOk(int result, const char* what) {
  if (result == 0) return;
  std::fprintf(stderr, "%s: %s\n", what, nng_strerror(result));
  std::exit(1);
}

void receive(const Stream& stream) {
  nng_socket pull;
  expectOk(nng_pull0_open(&pull), "open");
  nng_socket_set_int(pull, NNG_OPT_RECVBUF, kQueue);
  nng_socket_set_size(pull, NNG_OPT_RECVMAXSZ, 0);
  expectOk(nng_listen(pull, stream.endpoint, nullptr, 0), "listen");
  Meter meter(stream.count);
  for (bool last = false; !last;) {
    nng_msg* message;
    expectOk(nng_recvmsg(pull, &message, 0), "receive");
    last = meter.took(nng_msg_len(message) == stream.size);
    nng_msg_free(message);
  }
}

void send(const Stream& stream) {
  nng_socket push;
  expectOk(nng_push0_open(&push), "open");
  nng_socket_set_int(push, NNG_OPT_SENDBUF, kQueue);
  nng_socket_set_ms(push, NNG_OPT_RECONNMINT, 10);
  expectOk(nng_dial(push, stream.endpoint, nullptr, NNG_FLAG_NONBLOCK), "dial");
  for (long i = 0; i < stream.count; ++i) {
    nng_msg* message;
    expectOk(nng_msg_alloc(&message, stream.size), "allocate");
    std::memset(nng_msg_body(message), 'x', stream.size);
    expectOk(nng_sendmsg(push, message, 0), "send");
  }
  // Closing would drop what is queued: the bench ends this process once the receiver has had everything.
  for (;;) pause();
}

}  // namespace

int main(int argc, char** argv) { return runStream(argc, argv, receive, send); }
