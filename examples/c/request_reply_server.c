/* 01-first-steps/request-reply-server.mts in C: request_reply_server [ENDPOINT] */

#include <stdio.h>
#include <zmq.h>

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  void *context = zmq_ctx_new();
  void *socket = zmq_socket(context, ZMQ_REP);
  if (zmq_bind(socket, argc > 1 ? argv[1] : "tcp://127.0.0.1:*") != 0) return perror("zmq_bind"), 1;
  char endpoint[256];
  size_t size = sizeof endpoint;
  zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size);
  printf("server: listening at %s\n", endpoint);
  for (;;) {
    char greeting[256], answer[300];
    /* The message has no NUL at its end, only a length. */
    int length = zmq_recv(socket, greeting, sizeof greeting, 0);
    if (length < 0 || length > (int)sizeof greeting) return perror("zmq_recv"), 1;
    printf("server: got \"%.*s\"\n", length, greeting);
    length = snprintf(answer, sizeof answer, "%.*s, world", length, greeting);
    zmq_send(socket, answer, length, 0);
  }
}
