/* 02-publish-subscribe/weather-publisher.mts in C: weather_publisher [ENDPOINT] */

#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  void *context = zmq_ctx_new();
  void *socket = zmq_socket(context, ZMQ_PUB);
  if (zmq_bind(socket, argc > 1 ? argv[1] : "tcp://127.0.0.1:*") != 0) return perror("zmq_bind"), 1;
  char endpoint[256];
  size_t size = sizeof endpoint;
  zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size);
  printf("publisher: listening at %s\n", endpoint);
  for (unsigned count = 0;; count++) {
    char update[32];
    int length = snprintf(update, sizeof update, "%u %d", 10000 + count % 1000, 15 + rand() % 11);
    zmq_send(socket, update, length, 0);
  }
}
