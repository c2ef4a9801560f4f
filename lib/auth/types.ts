// The types of context.authenticate().

/** The part of a request that every decision function gets. */
export interface PeerRequest {
  /** The `zapDomain` of the socket that the peer connects to; empty if it has none. */
  readonly domain: string;
  /** The peer's IP address. Over ipc on Linux `localhost:UID:GID:PID`, over other transports empty. */
  readonly address: string;
  /** The `routingId` of the socket that the peer connects to, as bytes. */
  readonly routingId: Buffer;
  /** Aborted when the decision is no longer needed: after the timeout, or when the authenticator closes. */
  readonly signal: AbortSignal;
}

/** The argument of `curve.allow`, if it is a function. */
export interface CurveRequest extends PeerRequest {
  /** The peer's public key, 40 characters of Z85. libzmq has verified that the peer has the secret key. */
  readonly publicKey: string;
}

/** The argument of `plain.users`, if it is a function. */
export interface PlainRequest extends PeerRequest {
  /** The name that the peer sent. */
  readonly username: string;
  /** The password that the peer sent. */
  readonly password: string;
}

/** Admits a peer, with properties that `receiveWithMetadata` returns for its messages. */
export interface Admission {
  /** The property `User-Id`, up to 255 bytes. Default: the public key, or the name of the user. */
  userId?: string | undefined;
  /**
   * Further properties. A name consists of letters, digits and `-_.+`. Reserved names: `User-Id`, `Socket-Type`, `Identity`,
   * `Routing-Id`, `Peer-Address` and `__fd`.
   */
  metadata?: Readonly<Record<string, string>> | undefined;
}

/** `true` or an {@link Admission} with at least one of its properties admits the peer, `false` rejects it. */
export type Verdict = boolean | Admission;

/** Decides on a peer. If it throws, rejects, takes longer than `timeout` or returns anything else, the peer is not admitted. */
export type Decide<Request> = (request: Request) => Verdict | Promise<Verdict>;

/** The options of `context.authenticate`. At least one of `curve`, `plain` and `addresses` is required. */
export interface AuthenticateOptions {
  /** Admits peers of servers with `curveServer: true`. Without it, their peers are rejected. */
  curve?:
    | {
        /**
         * The public keys that are admitted:
         * - an array of keys, each 40 characters of Z85, or 32 bytes;
         * - the path of a folder with certificates, as {@link Certificate} saves them. Each file `*.key` admits its public key.
         *   The folder is watched, and is read again when it changes;
         * - a function that decides on each key;
         * - `"any"`: every key. Messages are encrypted, but anybody who knows the server's public key may connect.
         */
        allow: readonly (string | Uint8Array)[] | string | Decide<CurveRequest>;
      }
    | undefined;
  /** Admits peers of servers with `plainServer: true`. Without it, their peers are rejected. */
  plain?:
    | {
        /** Passwords by user name, or a function that decides on each pair. */
        users: Readonly<Record<string, string>> | Decide<PlainRequest>;
      }
    | undefined;
  /**
   * Addresses that are checked before anything else, for every mechanism. Without `curve` and `plain`, they also admit peers
   * of servers without a mechanism. Entries are IP addresses, networks such as `10.0.0.0/8`, and `ipc` for peers over ipc
   * (Linux).
   */
  addresses?:
    | {
        /** Rejects all other addresses. An empty array rejects every peer. Default: all addresses. */
        allow?: readonly string[] | undefined;
        /** Rejects these addresses, also if `allow` has them. */
        deny?: readonly string[] | undefined;
      }
    | undefined;
  /**
   * The `zapDomain` of the sockets that this authenticator decides for. `""` stands for sockets without one. Default: all
   * domains that have no authenticator of their own.
   */
  domain?: string | undefined;
  /** Milliseconds that a decision function may take, 1 to 2,147,483,647. Default 5,000. */
  timeout?: number | undefined;
  /**
   * Disconnects peers at once when they lose access: when `removeKey` or `removeUser` removes their key or user, when
   * `setUser` changes their password, and when a reload of the folder of `curve.allow` lacks their key. Default false: they
   * stay connected, and their next connection is rejected. With decision functions, call {@link Authenticator.disconnect}.
   */
  disconnectRemoved?: boolean | undefined;
}

/**
 * Why a peer was admitted or rejected:
 * - `allowed`: a rule or a decision function admits it;
 * - `addressDenied`, `addressNotAllowed`: by `addresses`;
 * - `keyUnknown`, `userUnknown`, `passwordWrong`: by `curve.allow` and `plain.users`;
 * - `mechanismNotAllowed`: the authenticator has no rules for the mechanism of the server;
 * - `domainUnknown`: no authenticator decides for the domain;
 * - `rejected`: the decision function returned false;
 * - `failed`: the decision function threw, rejected or returned an invalid value, see `error`;
 * - `timeout`: the decision function took too long;
 * - `overloaded`: 10,000 decisions of functions are pending;
 * - `closed`: the authenticator was closed before the decision was made;
 * - `malformed`: the request does not follow ZAP 1.0, or a user name or password for a decision function is not UTF-8 text.
 */
export type DecisionReason =
  | "allowed"
  | "addressDenied"
  | "addressNotAllowed"
  | "keyUnknown"
  | "userUnknown"
  | "passwordWrong"
  | "mechanismNotAllowed"
  | "domainUnknown"
  | "rejected"
  | "failed"
  | "timeout"
  | "overloaded"
  | "closed"
  | "malformed";

/** The decision on one connection of a peer. */
export interface Decision {
  /** Whether the peer may connect. */
  readonly admitted: boolean;
  /** Why. */
  readonly reason: DecisionReason;
  /** A sentence about the reason, for a log. It does not contain passwords. */
  readonly text: string;
  /**
   * The ZAP status. 200 admits. 400 rejects. 300 disconnects the peer, which may connect again. 500 is an error of the
   * decision function. The server's event `handshake:error:auth` has the same status.
   */
  readonly status: 200 | 300 | 400 | 500;
  /** The `zapDomain` of the server. */
  readonly domain: string;
  /** The peer's address, as in {@link PeerRequest}. */
  readonly address: string;
  /** The mechanism of the server: `NULL`, `PLAIN`, `CURVE` or `GSSAPI`. */
  readonly mechanism: string;
  /** With CURVE: the peer's public key. */
  readonly publicKey?: string;
  /** With PLAIN: the name of the user. */
  readonly username?: string;
  /** The property `User-Id` of an admitted peer. */
  readonly userId?: string;
  /** With the reason `failed`: what the decision function threw, or a TypeError that describes its result. */
  readonly error?: unknown;
}

/** The change of a folder of certificates. The first read is reported only if it had errors. */
export interface Reload {
  /** The number of keys that are admitted now. */
  readonly keys: number;
  /** Public keys that were not admitted before. */
  readonly added: readonly string[];
  /** Public keys that are no longer admitted. With `disconnectRemoved`, their peers have been disconnected. */
  readonly removed: readonly string[];
  /**
   * The errors of files that could not be read, of the folder, or of watching it. Keys that could not be read are not
   * admitted.
   */
  readonly errors: readonly Error[];
}

/** The events of an authenticator, with the argument of their listeners. */
export interface AuthenticatorEvents {
  /** A peer was admitted or rejected. */
  decision: Decision;
  /** The folder of `curve.allow` has changed. */
  reload: Reload;
}
