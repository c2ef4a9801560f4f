/* 03-divide-and-conquer/pipeline-worker.mts in C: pipeline_worker VENTILATOR SINK */

#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zmq.h>

int main(int argc, char **argv) {
  if (argc < 3) return fprintf(stderr, "usage: pipeline_worker VENTILATOR SINK\n"), 2;
  void *context = zmq_ctx_new();
  void *upstream = zmq_socket(context, ZMQ_PULL);
  void *downstream = zmq_socket(context, ZMQ_PUSH);
  if (zmq_connect(upstream, argv[1]) != 0 || zmq_connect(downstream, argv[2]) != 0) return perror("zmq_connect"), 1;
  for (;;) {
    char milliseconds[16];
    int length = zmq_recv(upstream, milliseconds, sizeof milliseconds - 1, 0);
    if (length < 0) return perror("zmq_recv"), 1;
    milliseconds[length < 15 ? length : 15] = '\0';
    struct timespec pause = {0, atol(milliseconds) * 1000000L};
    nanosleep(&pause, NULL);
    zmq_send(downstream, "done", 4, 0);
  }
}
