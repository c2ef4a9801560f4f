// Options of every socket for CURVE, GSSAPI and TLS. Builds of libzmq may lack them.

import * as zmq from "../../binding/constants.js";
import { rows } from "../kinds.js";

const { boolean, string, key, names } = rows;

/** Options of every socket where libzmq was built with CURVE. */
export const curveOptions = {
  /**
   * Whether the socket is the server of CURVE security. It then needs `curveSecretKey`. Set `zapDomain` and
   * `zapEnforceDomain` as well: a server that lacks one of them can admit every client that knows its public key.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CURVE_SERVER`.
   */
  curveServer: boolean(zmq.ZMQ_CURVE_SERVER),
  /**
   * The socket's own public key, 40 characters of Z85 or 32 bytes. Clients need it.
   *
   * Default: zeros, and CURVE is off. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CURVE_PUBLICKEY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 40 characters of Z85, or 32 bytes, as curveKeyPair()
   * makes them.
   */
  curvePublicKey: key(zmq.ZMQ_CURVE_PUBLICKEY),
  /**
   * The socket's own secret key, 40 characters of Z85 or 32 bytes. Servers and clients need it.
   *
   * Default: zeros, and CURVE is off. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CURVE_SECRETKEY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 40 characters of Z85, or 32 bytes, as curveKeyPair()
   * makes them.
   */
  curveSecretKey: key(zmq.ZMQ_CURVE_SECRETKEY),
  /**
   * The public key of the server, 40 characters of Z85 or 32 bytes. It makes the socket a CURVE client.
   *
   * Default: zeros, and CURVE is off. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_CURVE_SERVERKEY`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: 40 characters of Z85, or 32 bytes, as curveKeyPair()
   * makes them.
   */
  curveServerKey: key(zmq.ZMQ_CURVE_SERVERKEY),
};

const gssapiNameTypes = ["hostBased", "userName", "krb5Principal"] as const;

/** Options of every socket where libzmq was built with GSSAPI; undefined elsewhere. */
export const gssapiOptions = {
  /**
   * Whether the socket is the server of GSSAPI security.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_SERVER`.
   */
  gssapiServer: boolean(zmq.ZMQ_GSSAPI_SERVER),
  /**
   * The principal of this socket.
   *
   * Default null. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_PRINCIPAL`.
   */
  gssapiPrincipal: string(zmq.ZMQ_GSSAPI_PRINCIPAL),
  /**
   * The principal of the server, for a client.
   *
   * Default null. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_SERVICE_PRINCIPAL`.
   */
  gssapiServicePrincipal: string(zmq.ZMQ_GSSAPI_SERVICE_PRINCIPAL),
  /**
   * Whether GSSAPI only authenticates and does not encrypt messages.
   *
   * Default false. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_PLAINTEXT`.
   */
  gssapiPlainText: boolean(zmq.ZMQ_GSSAPI_PLAINTEXT),
  /**
   * The kind of name in `gssapiPrincipal`.
   *
   * Default `"hostBased"`. Takes effect at the next `bind` or `connect`. libzmq: `ZMQ_GSSAPI_PRINCIPAL_NAMETYPE`.
   */
  gssapiPrincipalNameType: names(gssapiNameTypes, zmq.ZMQ_GSSAPI_PRINCIPAL_NAMETYPE),
  /**
   * The kind of name in `gssapiServicePrincipal`.
   *
   * Default `"hostBased"`. Takes effect at the next `bind` or `connect`. libzmq:
   * `ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE`.
   */
  gssapiServicePrincipalNameType: names(gssapiNameTypes, zmq.ZMQ_GSSAPI_SERVICE_PRINCIPAL_NAMETYPE),
};

/** Options of every socket for the TLS of wss. A libzmq of the system may lack them. */
export const wssOptions = {
  /**
   * The server's private key for `wssCertificate`, as PEM text: RSA, or EC with P-256, P-384 or P-521, without a password.
   *
   * Default: none. Can only be set. Takes effect at the next `bind`, which fails with `EINVAL` if the key does not belong
   * to the certificate. libzmq: `ZMQ_WSS_KEY_PEM`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: a private key in PEM without a password (RSA, or EC with
   * P-256, P-384 or P-521), or null for none.
   */
  wssKey: string(zmq.ZMQ_WSS_KEY_PEM, { access: "w" }),
  /**
   * The server's certificate for `wssKey`, as PEM text. Certificates of intermediate authorities follow it.
   *
   * Default: none. Can only be set. Takes effect at the next `bind`. libzmq: `ZMQ_WSS_CERT_PEM`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: one or more certificates in PEM, or null for none.
   */
  wssCertificate: string(zmq.ZMQ_WSS_CERT_PEM, { access: "w" }),
  /**
   * The certificates that a client trusts as issuers of the server's certificate, as PEM text.
   *
   * Default: none. Can only be set. Takes effect at the next `connect`. libzmq: `ZMQ_WSS_TRUST_PEM`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: one or more certificates in PEM, or null for none.
   */
  wssTrust: string(zmq.ZMQ_WSS_TRUST_PEM, { access: "w" }),
  /**
   * Whether a client also trusts the certificate authorities of the system. They are in the file that the environment
   * variable `SSL_CERT_FILE` names, or else in `/etc/ssl/certs/ca-certificates.crt` or its counterpart on other systems. On
   * Windows, they are in the store of root certificates.
   *
   * Default false. Can only be set. Takes effect at the next `connect`. The authorities are read when the option is set.
   * libzmq: `ZMQ_WSS_TRUST_SYSTEM`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: false, or true on a system that has certificate
   * authorities. Without them, set wssTrust to tls.rootCertificates.join("\n").
   */
  wssTrustSystem: boolean(zmq.ZMQ_WSS_TRUST_SYSTEM, { access: "w" }),
  /**
   * The host name or IP address that the server's certificate must have, for a client. A name is also sent to the server
   * (SNI), which may have several certificates.
   *
   * Default: the host of the endpoint. Can only be set. Takes effect at the next `connect`. libzmq: `ZMQ_WSS_HOSTNAME`.
   *
   * @throws ZmqError `EINVAL`: the value is out of range. Valid: at most 255 bytes without NUL, or null for the host of the
   * endpoint.
   */
  wssHostname: string(zmq.ZMQ_WSS_HOSTNAME, { access: "w" }),
};
