// context.authenticate(), whose code is loaded with the first call: most programs do not authenticate.

import { Context } from "../context/context.js";
import type { Authenticator } from "./authenticator.js";
import { onDemand } from "./on-demand.js";
import type { AuthenticateOptions } from "./types.js";

declare module "../context/context.js" {
  interface Context {
    /**
     * Starts an authenticator. It decides which peers the servers of this context admit: by CURVE key, by user and password,
     * or by address. Servers are sockets with `zapDomain`, `curveServer` or `plainServer`. Set `zapDomain` and
     * `zapEnforceDomain: true` on them: then they admit nobody before this call and after `close()`.
     *
     * A context can have several authenticators, one for each domain. An authenticator does not keep the process alive. It
     * lives until it or its context is closed, even if the program does not keep the object. RFC 27.
     *
     * @example
     * ```ts
     * import { context, curveKeyPair, Reply } from "zmq-native";
     *
     * const [server, client] = [curveKeyPair(), curveKeyPair()];
     * const auth = await context.authenticate({ curve: { allow: [client.publicKey] }, domain: "global" });
     * const reply = new Reply({
     *   curveServer: true,
     *   curveSecretKey: server.secretKey,
     *   zapDomain: "global",
     *   zapEnforceDomain: true,
     * });
     * await reply.bind("tcp://127.0.0.1:*");
     * // …
     * reply.close();
     * await auth.close();
     * ```
     *
     * @throws TypeError (rejects): an option is invalid.
     * @throws ZmqError (rejects) `EEXIST`: the context has an authenticator for this domain.
     * @throws ZmqError (rejects) `EADDRINUSE`: another ZAP handler is bound in the context, also in another thread.
     * @throws ZmqError (rejects) `EFAULT`: the context is closed.
     * @throws ZmqError (rejects) `EMFILE`: the context or the process has no sockets or file descriptors left.
     * @throws Error (rejects) of `node:fs`: the folder of `curve.allow` cannot be read.
     * @throws Error (rejects): the file `auth.js` of the package cannot be loaded, for example after `setuid`.
     */
    authenticate(options: AuthenticateOptions): Promise<Authenticator>;
  }
}

Object.defineProperty(Context.prototype, "authenticate", {
  value: async function authenticate(this: Context, options: AuthenticateOptions): Promise<Authenticator> {
    const { Authenticator } = await onDemand(() => import("./authenticator.js"));
    return Authenticator.start(this, options);
  },
  writable: true,
  configurable: true,
});
