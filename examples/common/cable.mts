// A network between two sockets, as far as an example needs one: it takes its time, and can be cut.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export class Cable implements Disposable {
  readonly #wires = new Set<Socket>();
  readonly #server = createServer((near) => this.#join(near));
  readonly #port: number;
  #whole = true;

  private constructor(port: number) {
    this.#port = port;
  }

  /** Lays a cable to a tcp endpoint; `endpoint` is its other end. */
  static async lay(endpoint: string): Promise<Cable> {
    const cable = new Cable(Number(endpoint.split(":").at(-1)));
    await once(cable.#server.listen(0, "127.0.0.1"), "listening");
    return cable;
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #join(near: Socket): void {
    if (!this.#whole) {
      near.destroy();
      return;
    }
    const far = connect(this.#port, "127.0.0.1");
    for (const [wire, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#wires.add(wire);
      // What goes in comes out two milliseconds later.
      wire.on("data", (data) => void sleep(2).then(() => other.write(data)));
      wire.on("error", () => {});
      wire.on("close", () => other.destroy());
    }
  }

  cut(): void {
    this.#whole = false;
    for (const wire of this.#wires) wire.destroy();
    this.#wires.clear();
  }

  mend(): void {
    this.#whole = true;
  }

  [Symbol.dispose](): void {
    this.cut();
    this.#server.close();
  }
}
