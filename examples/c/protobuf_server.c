/* 11-languages/protobuf-server.mts in C with protobuf-c: protobuf_server [ENDPOINT]
   weather.pb-c.h is made by: protoc-c --c_out=. weather.proto */

#include <stdio.h>
#include <zmq.h>

#include "weather.pb-c.h"

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
    uint8_t bytes[1024];
    int length = zmq_recv(socket, bytes, sizeof bytes, 0);
    if (length < 0 || length > (int)sizeof bytes) return perror("zmq_recv"), 1;
    Weather__Reading *reading = weather__reading__unpack(NULL, length, bytes);
    if (reading == NULL) return fprintf(stderr, "not a reading\n"), 1;
    char text[256];
    snprintf(text, sizeof text, "%s has %.1f degrees", reading->place, reading->degrees);
    Weather__Summary summary = WEATHER__SUMMARY__INIT;
    summary.text = text;
    for (size_t i = 0; i < reading->n_gusts; i++) {
      if (reading->gusts[i] > summary.strongest_gust) summary.strongest_gust = reading->gusts[i];
    }
    zmq_send(socket, bytes, weather__summary__pack(&summary, bytes), 0);
    weather__reading__free_unpacked(reading, NULL);
  }
}
