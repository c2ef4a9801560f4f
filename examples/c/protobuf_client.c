/* 11-languages/protobuf-client.mts in C with protobuf-c: protobuf_client ENDPOINT
   weather.pb-c.h is made by: protoc-c --c_out=. weather.proto */

#include <stdio.h>
#include <zmq.h>

#include "weather.pb-c.h"

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: protobuf_client ENDPOINT\n"), 2;
  void *context = zmq_ctx_new();
  void *socket = zmq_socket(context, ZMQ_REQ);
  if (zmq_connect(socket, argv[1]) != 0) return perror("zmq_connect"), 1;

  uint32_t gusts[] = {12, 40, 33};
  Weather__Reading reading = WEATHER__READING__INIT;
  reading.place = "Z\xc3\xbcrich";
  reading.degrees = 18.5;
  reading.n_gusts = 3;
  reading.gusts = gusts;
  uint8_t bytes[256];
  zmq_send(socket, bytes, weather__reading__pack(&reading, bytes), 0);

  int length = zmq_recv(socket, bytes, sizeof bytes, 0);
  if (length < 0 || length > (int)sizeof bytes) return perror("zmq_recv"), 1;
  Weather__Summary *summary = weather__summary__unpack(NULL, length, bytes);
  if (summary == NULL) return fprintf(stderr, "not a summary\n"), 1;
  printf("client: %s, the strongest gust %u\n", summary->text, summary->strongest_gust);
  weather__summary__free_unpacked(summary, NULL);
  zmq_close(socket);
  zmq_ctx_term(context);
  return 0;
}
