// context.authenticate(), whose code is loaded with the first call: most programs do not authenticate.

import { Context } from "../context/context.js";
import type { Authenticator } from "./authenticator.js";
import { onDemand } from "./on-demand.js";
import type { AuthenticateOptions } from "./types.js";

declare module "../context/context.js" {
  interface Context {
    /**
     * Decides which peers the servers of this context admit, by their CURVE keys, by user and password, or by address. Servers
     * are sockets with `zapDomain`, and those with `curveServer` or `plainServer`. Set `zapEnforceDomain: true` on them too:
     * then they admit nobody before this call and after `close()`.
     *
     * A context can have several authenticators, one for each domain. It does not keep the process alive, and lives until it
     * or the context is closed.
     *
     * @example
     * ```ts
     * await using auth = await context.authenticate({ curve: { allow: [clientKey] }, domain: "global" });
     * const server = new Reply({
     *   curveServer: true,
     *   curveSecretKey: secretKey,
     *   zapDomain: "global",
     *   zapEnforceDomain: true,
     * });
     * ```
     * @throws TypeError rejects for an invalid option.
     * @throws ZmqError rejects with `EEXIST` if the context has an authenticator for this domain, `EADDRINUSE` if another ZAP
     * handler is bound, `EFAULT` if the context is closed, `EMFILE` if it has no socket left.
     * @throws Error rejects with the error of `node:fs` if the folder of `curve.allow` cannot be read.
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
