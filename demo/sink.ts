// The sink: a PULL that collects results from all workers, each in its turn.

import { Pull } from "zmq-native";
import { decodeResult, type Result } from "./protocol.js";

export class Sink implements Disposable {
  readonly #pull = new Pull();

  /** Answers the endpoint that workers connect to. */
  async bind(address: string): Promise<string> {
    await this.#pull.bind(address);
    return this.#pull.lastEndpoint ?? address;
  }

  /** Passes results on as they come, until it is disposed of. */
  async collect(onResult: (result: Result) => void): Promise<void> {
    for await (const frames of this.#pull) {
      const result = decodeResult(frames);
      if (result !== undefined) onResult(result);
    }
  }

  [Symbol.dispose](): void {
    this.#pull.close();
  }
}
