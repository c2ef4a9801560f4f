// Sockets of the subject that are closed after each test.

import { afterEach } from "vitest";
import { type SocketName, zmq } from "./subject.js";

/** Called once by a test file: `open` opens a socket for one test, and `closing` takes any object to close after it. */
export function closedAfterEach() {
  const opened: { close(): void }[] = [];
  afterEach(() => {
    for (const object of opened.splice(0)) object.close();
  });
  const closing = <T extends { close(): void }>(object: T): T => {
    opened.push(object);
    return object;
  };
  const open = <Name extends SocketName>(name: Name, options?: object) =>
    closing(new zmq[name]({ linger: 0, ...options } as never) as InstanceType<(typeof zmq)[Name]>);
  return { closing, open };
}
