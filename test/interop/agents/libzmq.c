/* An agent over the plain C interface of libzmq. */

#include "agent.h"

#include <errno.h>
#include <pthread.h>
#include <zmq.h>

static void *context;
static struct {
  char *name;
  void *socket;
} sockets[32];

static void **find(const char *name) {
  for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
    if (sockets[i].name && strcmp(sockets[i].name, name) == 0) return &sockets[i].socket;
  return NULL;
}

static const struct {
  const char *name;
  int value;
} types[] = {{"PAIR", ZMQ_PAIR}, {"PUB", ZMQ_PUB},   {"SUB", ZMQ_SUB},   {"REQ", ZMQ_REQ},
             {"REP", ZMQ_REP},   {"PULL", ZMQ_PULL}, {"PUSH", ZMQ_PUSH}, {"DEALER", ZMQ_DEALER},
             {"XPUB", ZMQ_XPUB}, {"XSUB", ZMQ_XSUB}, {"ROUTER", ZMQ_ROUTER}};

/* Numbers and texts are options of different kinds. */
static const struct {
  const char *name;
  int option;
  int number;
} options[] = {{"identity", ZMQ_ROUTING_ID, 0},
               {"subscribe", ZMQ_SUBSCRIBE, 0},
               {"zap_domain", ZMQ_ZAP_DOMAIN, 0},
               {"plain_server", ZMQ_PLAIN_SERVER, 1},
               {"plain_username", ZMQ_PLAIN_USERNAME, 0},
               {"plain_password", ZMQ_PLAIN_PASSWORD, 0},
               {"curve_server", ZMQ_CURVE_SERVER, 1},
               {"curve_publickey", ZMQ_CURVE_PUBLICKEY, 0},
               {"curve_secretkey", ZMQ_CURVE_SECRETKEY, 0},
               {"curve_serverkey", ZMQ_CURVE_SERVERKEY, 0}};

static struct {
  char username[64], password[64], key[41];
} allowed;

static int receive_text(void *socket, char *text, size_t size) {
  int length = zmq_recv(socket, text, size - 1, 0);
  if (length >= 0) text[length < (int)size ? length : (int)size - 1] = '\0';
  return length;
}

/* The ZAP handler (RFC 27): accepts one user by PLAIN and one key by CURVE. */
static void *serve_zap(void *handler) {
  for (;;) {
    char version[8], id[64], field[256], mechanism[32], credentials[2][256] = {"", ""};
    if (receive_text(handler, version, sizeof version) < 0) break;
    receive_text(handler, id, sizeof id);
    for (int i = 0; i < 3; i++) receive_text(handler, field, sizeof field); /* domain, address, identity */
    receive_text(handler, mechanism, sizeof mechanism);
    int more = 0;
    size_t size = sizeof more;
    for (int i = 0; zmq_getsockopt(handler, ZMQ_RCVMORE, &more, &size) == 0 && more; i++)
      receive_text(handler, i < 2 ? credentials[i] : field, 256);
    int good = strcmp(mechanism, "NULL") == 0;
    if (strcmp(mechanism, "PLAIN") == 0)
      good = strcmp(credentials[0], allowed.username) == 0 && strcmp(credentials[1], allowed.password) == 0;
    if (strcmp(mechanism, "CURVE") == 0) {
      char key[41];
      good = strcmp(zmq_z85_encode(key, (unsigned char *)credentials[0], 32), allowed.key) == 0;
    }
    zmq_send(handler, version, strlen(version), ZMQ_SNDMORE);
    zmq_send(handler, id, strlen(id), ZMQ_SNDMORE);
    zmq_send(handler, good ? "200" : "400", 3, ZMQ_SNDMORE);
    zmq_send(handler, "", 0, ZMQ_SNDMORE);
    zmq_send(handler, allowed.username, strlen(allowed.username), ZMQ_SNDMORE);
    zmq_send(handler, "", 0, 0);
  }
  zmq_close(handler);
  return NULL;
}

static const char *open_socket(char *name, const char *type) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (strcmp(types[i].name, type) != 0) continue;
    for (size_t j = 0; j < sizeof sockets / sizeof *sockets; j++) {
      if (sockets[j].name) continue;
      void *socket = zmq_socket(context, types[i].value);
      if (!socket) return zmq_strerror(errno);
      int timeout = 10000, linger = 5000;
      zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
      zmq_setsockopt(socket, ZMQ_SNDTIMEO, &timeout, sizeof timeout);
      zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
      sockets[j].name = strdup(name);
      sockets[j].socket = socket;
      return NULL;
    }
  }
  return "no such type, or too many sockets";
}

static const char *set(void *socket, const char *name, char *value) {
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    if (strcmp(options[i].name, name) != 0) continue;
    int number = atoi(value), rc;
    if (options[i].number) rc = zmq_setsockopt(socket, options[i].option, &number, sizeof number);
    else if (strcmp(name, "subscribe") == 0) {
      frame_t topic = frame_parse(value);
      rc = zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic.data, topic.size);
    } else rc = zmq_setsockopt(socket, options[i].option, value, strlen(value));
    return rc == 0 ? NULL : zmq_strerror(errno);
  }
  return "no such option";
}

static const char *send_frames(void *socket, int count, char **words) {
  for (int i = 0; i < count; i++) {
    frame_t frame = frame_parse(words[i]);
    if (zmq_send(socket, frame.data, frame.size, i < count - 1 ? ZMQ_SNDMORE : 0) < 0) return zmq_strerror(errno);
  }
  return NULL;
}

static const char *receive_frames(void *socket) {
  for (int more = 1; more;) {
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, socket, 0) < 0) return zmq_strerror(errno);
    frame_print(zmq_msg_data(&message), zmq_msg_size(&message));
    more = zmq_msg_more(&message);
    zmq_msg_close(&message);
  }
  return NULL;
}

static const char *handle(int argc, char **argv) {
  const char *command = argv[0];
  if (strcmp(command, "version") == 0) {
    int version[3];
    zmq_version(&version[0], &version[1], &version[2]);
    printf(" libzmq %d.%d.%d", version[0], version[1], version[2]);
    return NULL;
  }
  if (argc < 2) return "no such command";
  if (strcmp(command, "open") == 0) return open_socket(argv[1], argv[2]);
  if (strcmp(command, "zap") == 0) {
    snprintf(allowed.username, sizeof allowed.username, "%s", argv[1]);
    snprintf(allowed.password, sizeof allowed.password, "%s", argv[2]);
    snprintf(allowed.key, sizeof allowed.key, "%s", argv[3]);
    void *handler = zmq_socket(context, ZMQ_REP);
    if (zmq_bind(handler, "inproc://zeromq.zap.01") != 0) return zmq_strerror(errno);
    pthread_t thread;
    pthread_create(&thread, NULL, serve_zap, handler);
    pthread_detach(thread);
    return NULL;
  }
  void **slot = find(argv[1]);
  if (!slot) return "no such socket";
  void *socket = *slot;
  if (strcmp(command, "set") == 0) return set(socket, argv[2], argv[3]);
  if (strcmp(command, "bind") == 0) {
    char endpoint[256];
    size_t size = sizeof endpoint;
    if (zmq_bind(socket, argv[2]) != 0) return zmq_strerror(errno);
    zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size);
    printf(" %s", endpoint);
    return NULL;
  }
  if (strcmp(command, "connect") == 0) return zmq_connect(socket, argv[2]) == 0 ? NULL : zmq_strerror(errno);
  if (strcmp(command, "send") == 0) return send_frames(socket, argc - 2, argv + 2);
  if (strcmp(command, "recv") == 0) return receive_frames(socket);
  if (strcmp(command, "close") == 0) {
    zmq_close(socket);
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
      if (&sockets[i].socket == slot) free(sockets[i].name), sockets[i].name = NULL;
    return NULL;
  }
  return "no such command";
}

int main(void) {
  context = zmq_ctx_new();
  return agent_run(handle);
}
