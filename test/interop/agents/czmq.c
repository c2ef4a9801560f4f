/* An agent over czmq: zsock, zmsg, zcert, zauth and zproxy. */

#include "agent.h"

#include <czmq.h>

static zhash_t *sockets;
static zcert_t *certificate;
static zactor_t *auth, *proxy;

static const struct {
  const char *name;
  int value;
} types[] = {{"PAIR", ZMQ_PAIR}, {"PUB", ZMQ_PUB},   {"SUB", ZMQ_SUB},   {"REQ", ZMQ_REQ},
             {"REP", ZMQ_REP},   {"PULL", ZMQ_PULL}, {"PUSH", ZMQ_PUSH}, {"DEALER", ZMQ_DEALER},
             {"XPUB", ZMQ_XPUB}, {"XSUB", ZMQ_XSUB}, {"ROUTER", ZMQ_ROUTER}};

static const char *failure(void) { return errno ? zmq_strerror(errno) : "failed"; }

static const char *open_socket(const char *name, const char *type) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (strcmp(types[i].name, type) != 0) continue;
    zsock_t *socket = zsock_new(types[i].value);
    if (!socket) return failure();
    zsock_set_rcvtimeo(socket, 10000);
    zsock_set_sndtimeo(socket, 10000);
    zsock_set_linger(socket, 5000);
    zhash_insert(sockets, name, socket);
    return NULL;
  }
  return "no such type";
}

static const char *set(zsock_t *socket, const char *name, char *value) {
  if (strcmp(name, "identity") == 0) zsock_set_identity(socket, value);
  else if (strcmp(name, "subscribe") == 0) {
    /* zsock_set_subscribe takes a string, which ends a topic at its first NUL. */
    frame_t topic = frame_parse(value);
    if (zmq_setsockopt(zsock_resolve(socket), ZMQ_SUBSCRIBE, topic.data, topic.size) != 0) return failure();
  } else if (strcmp(name, "zap_domain") == 0) zsock_set_zap_domain(socket, value);
  else if (strcmp(name, "plain_server") == 0) zsock_set_plain_server(socket, atoi(value));
  else if (strcmp(name, "plain_username") == 0) zsock_set_plain_username(socket, value);
  else if (strcmp(name, "plain_password") == 0) zsock_set_plain_password(socket, value);
  else if (strcmp(name, "curve_server") == 0) zsock_set_curve_server(socket, atoi(value));
  else if (strcmp(name, "curve_publickey") == 0) zsock_set_curve_publickey(socket, value);
  else if (strcmp(name, "curve_secretkey") == 0) zsock_set_curve_secretkey(socket, value);
  else if (strcmp(name, "curve_serverkey") == 0) zsock_set_curve_serverkey(socket, value);
  else return "no such option";
  return NULL;
}

static const char *send_frames(zsock_t *socket, int count, char **words) {
  zmsg_t *message = zmsg_new();
  for (int i = 0; i < count; i++) {
    frame_t frame = frame_parse(words[i]);
    zmsg_addmem(message, frame.data, frame.size);
  }
  if (zmsg_send(&message, socket) == 0) return NULL;
  zmsg_destroy(&message);
  return failure();
}

static const char *receive_frames(zsock_t *socket) {
  zmsg_t *message = zmsg_recv(socket);
  if (!message) return failure();
  for (zframe_t *frame = zmsg_first(message); frame; frame = zmsg_next(message))
    frame_print(zframe_data(frame), zframe_size(frame));
  zmsg_destroy(&message);
  return NULL;
}

/* Runs zauth with a file of passwords and, if named, a folder of the clients' public certificates. */
static const char *authenticate(const char *passwords, const char *certificates) {
  if (!auth) auth = zactor_new(zauth, NULL);
  if (!auth) return failure();
  zstr_sendx(auth, "PLAIN", passwords, NULL);
  zsock_wait(auth);
  zstr_sendx(auth, "CURVE", certificates, NULL);
  zsock_wait(auth);
  return NULL;
}

/* zauth reads what it needs from files, so the user and the key are stored in a folder, which main() removes. */
static char folder[] = "/tmp/zmq-native-czmq-XXXXXX", passwords[64], client[64];

static const char *zap(const char *username, const char *password, const char *key) {
  if (!mkdtemp(folder)) return failure();
  snprintf(passwords, sizeof passwords, "%s/passwords", folder);
  snprintf(client, sizeof client, "%s/client.txt", folder);
  FILE *file = fopen(passwords, "w");
  fprintf(file, "%s=%s\n", username, password);
  fclose(file);
  unsigned char public_key[32], no_secret[32] = {0};
  if (!zmq_z85_decode(public_key, key)) return "not a key";
  zcert_t *cert = zcert_new_from(public_key, no_secret);
  zcert_save_public(cert, client);
  zcert_destroy(&cert);
  return authenticate(passwords, folder);
}

static const char *cert_command(const char *command, int argc, char **argv) {
  if (strcmp(command, "cert-new") == 0) {
    zcert_destroy(&certificate);
    certificate = zcert_new();
    for (int i = 1; i + 1 < argc; i += 2) zcert_set_meta(certificate, argv[i], "%s", argv[i + 1]);
  } else if (strcmp(command, "cert-load") == 0) {
    zcert_destroy(&certificate);
    certificate = zcert_load(argv[1]);
    if (!certificate) return failure();
  } else if (strcmp(command, "cert-save") == 0) {
    if (zcert_save(certificate, argv[1]) != 0) return failure();
  } else return "no such command";
  const char *name = zcert_meta(certificate, "name");
  printf(" %s %s %s", zcert_public_txt(certificate), zcert_secret_txt(certificate), name ? name : "-");
  return NULL;
}

static const char *start_proxy(const char *frontend, const char *backend) {
  proxy = zactor_new(zproxy, NULL);
  if (!proxy) return failure();
  zstr_sendx(proxy, "FRONTEND", "ROUTER", frontend, NULL);
  zsock_wait(proxy);
  zstr_sendx(proxy, "BACKEND", "DEALER", backend, NULL);
  zsock_wait(proxy);
  return NULL;
}

static const char *handle(int argc, char **argv) {
  const char *command = argv[0];
  errno = 0;
  if (strcmp(command, "version") == 0) {
    int version[3];
    zmq_version(&version[0], &version[1], &version[2]);
    printf(" czmq %d.%d.%d, libzmq %d.%d.%d", CZMQ_VERSION_MAJOR, CZMQ_VERSION_MINOR, CZMQ_VERSION_PATCH, version[0],
           version[1], version[2]);
    return NULL;
  }
  if (strncmp(command, "cert-", 5) == 0) return cert_command(command, argc, argv);
  if (argc < 2) return "no such command";
  if (strcmp(command, "open") == 0) return open_socket(argv[1], argv[2]);
  if (strcmp(command, "zap") == 0) return zap(argv[1], argv[2], argv[3]);
  if (strcmp(command, "zauth") == 0) return authenticate(argv[1], argv[2]);
  if (strcmp(command, "zproxy") == 0) return start_proxy(argv[1], argv[2]);
  zsock_t *socket = zhash_lookup(sockets, argv[1]);
  if (!socket) return "no such socket";
  if (strcmp(command, "set") == 0) return set(socket, argv[2], argv[3]);
  if (strcmp(command, "bind") == 0) {
    if (zsock_bind(socket, "%s", argv[2]) == -1) return failure();
    /* zsock_endpoint returns the requested endpoint unless czmq chose a TCP port. */
    char *endpoint = zsock_last_endpoint(socket);
    printf(" %s", endpoint);
    freen(endpoint);
    return NULL;
  }
  if (strcmp(command, "connect") == 0) return zsock_connect(socket, "%s", argv[2]) == 0 ? NULL : failure();
  if (strcmp(command, "apply") == 0) return zcert_apply(certificate, socket), NULL;
  if (strcmp(command, "send") == 0) return send_frames(socket, argc - 2, argv + 2);
  if (strcmp(command, "recv") == 0) return receive_frames(socket);
  if (strcmp(command, "close") == 0) {
    zsock_destroy(&socket);
    zhash_delete(sockets, argv[1]);
    return NULL;
  }
  return "no such command";
}

int main(void) {
  zsys_handler_set(NULL);
  sockets = zhash_new();
  int status = agent_run(handle);
  zactor_destroy(&proxy);
  zactor_destroy(&auth);
  zcert_destroy(&certificate);
  zhash_destroy(&sockets);
  remove(passwords);
  remove(client);
  remove(folder);
  return status;
}
