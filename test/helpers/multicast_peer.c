/* A publisher or subscriber over the system's libzmq, in C.

     multicast_peer pub ENDPOINT COUNT
     multicast_peer sub ENDPOINT

   The publisher repeats "probe" until a byte arrives from standard input. It then sends COUNT messages, and repeats
   "end" until standard input ends. The subscriber prints "heard" at the first message. At "end" it prints how many
   messages it has received, and how many were wrong or out of order. A message has three frames: a name, a number, and
   a body that depends on the number. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

static void check(int ok, const char* what) {
  if (ok) return;
  fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
  exit(1);
}

/* Whether standard input has data or has ended within this many milliseconds. */
static int told(int milliseconds) {
  struct pollfd input = {0, POLLIN, 0};
  return poll(&input, 1, milliseconds) == 1;
}

static void send_text(void* socket, const char* text, int flags) {
  check(zmq_send(socket, text, strlen(text), flags) >= 0, "send");
}

static void publish(void* socket, int count) {
  char text[20], body[1000];
  while (!told(5)) send_text(socket, "probe", 0);
  check(read(0, text, 1) == 1, "read");
  for (int i = 0; i < count; i++) {
    send_text(socket, "c", ZMQ_SNDMORE);
    snprintf(text, sizeof text, "%d", i);
    send_text(socket, text, ZMQ_SNDMORE);
    memset(body, i % 251, sizeof body);
    check(zmq_send(socket, body, sizeof body, 0) >= 0, "send");
    if (i % 10 == 9) poll(NULL, 0, 2);
  }
  puts("sent");
  fflush(stdout);
  while (!told(10)) {
    send_text(socket, "end", ZMQ_SNDMORE);
    send_text(socket, "c", 0);
  }
}

static void subscribe(void* socket) {
  int heard = 0, received = 0, last = -1, faults = 0, frame, size, more;
  size_t length = sizeof more;
  char head[20], text[20], body[2000];
  for (;;) {
    size = zmq_recv(socket, head, sizeof head - 1, 0);
    check(size >= 0, "receive");
    head[size] = 0;
    if (!heard++) {
      puts("heard");
      fflush(stdout);
    }
    zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &length);
    if (!strcmp(head, "end")) break;
    if (!more) continue;
    size = zmq_recv(socket, text, sizeof text - 1, 0);
    check(size >= 0, "receive");
    text[size] = 0;
    frame = atoi(text);
    size = zmq_recv(socket, body, sizeof body, 0);
    check(size >= 0, "receive");
    zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &length);
    if (frame <= last || more || size != 1000 || (unsigned char)body[size - 1] != frame % 251) faults++;
    last = frame;
    received++;
  }
  printf("%d received, %d faults\n", received, faults);
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  if (!zmq_has("pgm")) {
    fputs("this libzmq has no pgm\n", stderr);
    return 3;
  }
  int rate = 40000, unlimited = 0, linger = 500;
  void* context = zmq_ctx_new();
  void* socket = zmq_socket(context, strcmp(argv[1], "pub") ? ZMQ_SUB : ZMQ_PUB);
  zmq_setsockopt(socket, ZMQ_RATE, &rate, sizeof rate);
  zmq_setsockopt(socket, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
  zmq_setsockopt(socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
  zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
  if (argc == 3) zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
  check(zmq_connect(socket, argv[2]) == 0, "connect");
  if (argc == 3)
    subscribe(socket);
  else
    publish(socket, atoi(argv[3]));
  zmq_close(socket);
  zmq_ctx_term(context);
  return 0;
}
