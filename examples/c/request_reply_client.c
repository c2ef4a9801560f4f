/* 01-first-steps/request-reply-client.mts in C: request_reply_client ENDPOINT */

#include <stdio.h>
#include <string.h>
#include <zmq.h>

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: request_reply_client ENDPOINT\n"), 2;
  void *context = zmq_ctx_new();
  void *socket = zmq_socket(context, ZMQ_REQ);
  if (zmq_connect(socket, argv[1]) != 0) return perror("zmq_connect"), 1;
  const char *greetings[] = {"Hello", "Good morning", "Good night"};
  for (int i = 0; i < 3; i++) {
    /* strlen does not count the NUL: it is not part of the message. */
    zmq_send(socket, greetings[i], strlen(greetings[i]), 0);
    char answer[256];
    int length = zmq_recv(socket, answer, sizeof answer, 0);
    if (length < 0 || length > (int)sizeof answer) return perror("zmq_recv"), 1;
    printf("client: got \"%.*s\"\n", length, answer);
  }
  zmq_close(socket);
  zmq_ctx_term(context);
  return 0;
}
