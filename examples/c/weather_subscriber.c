/* 02-publish-subscribe/weather-subscriber.mts in C: weather_subscriber ENDPOINT [PLACE] */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: weather_subscriber ENDPOINT [PLACE]\n"), 2;
  const char *place = argc > 2 ? argv[2] : "10007";
  char prefix[32];
  int length = snprintf(prefix, sizeof prefix, "%s ", place);
  void *context = zmq_ctx_new();
  void *socket = zmq_socket(context, ZMQ_SUB);
  zmq_setsockopt(socket, ZMQ_SUBSCRIBE, prefix, length);
  if (zmq_connect(socket, argv[1]) != 0) return perror("zmq_connect"), 1;
  double sum = 0;
  for (int i = 0; i < 20; i++) {
    char update[32];
    int received = zmq_recv(socket, update, sizeof update - 1, 0);
    if (received <= length) return perror("zmq_recv"), 1;
    update[received] = '\0';
    sum += atoi(update + length);
  }
  printf("place %s: ~%.1f degrees, the mean of 20 updates\n", place, sum / 20);
  zmq_close(socket);
  zmq_ctx_term(context);
  return 0;
}
