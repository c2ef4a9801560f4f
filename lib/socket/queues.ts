// The properties `sendQueue` and `receiveQueue` of socket classes.

import {
  type QueueSettings,
  type ReceiveQueueOptions,
  receiveQueueOf,
  type SendQueueOptions,
  sendQueueOf,
} from "../arguments/queue-options.js";
import { errorOf } from "../binding/errors.js";
import type { Core, Queueing } from "../core/open-socket.js";
import { coreOf } from "../core/registry.js";

function define(
  prototype: object,
  name: string,
  of: (core: Core) => Queueing,
  read: (value: unknown) => QueueSettings | undefined,
  show: (settings: QueueSettings) => SendQueueOptions | ReceiveQueueOptions,
): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: object) {
      const settings = of(coreOf(this)).queueSettings;
      return settings === undefined ? null : show(settings);
    },
    set(this: object, value: unknown) {
      const core = coreOf(this);
      const settings = read(value);
      if (core.handle === 0) throw errorOf("EBADF");
      of(core).queueSettings = settings;
    },
  });
}

/** @internal */
export function defineSendQueue(prototype: object): void {
  define(
    prototype,
    "sendQueue",
    (core) => core.sender,
    sendQueueOf,
    ({ max, overflow, ttl }) => ({ max, overflow, ...(ttl !== undefined && { ttl }) }),
  );
}

/** @internal */
export function defineReceiveQueue(prototype: object): void {
  define(
    prototype,
    "receiveQueue",
    (core) => core.receiver,
    receiveQueueOf,
    ({ max }) => ({ max }),
  );
}
