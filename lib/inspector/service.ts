// Answers the requests of tools: a ROUTER in a context of its own, so that the program's contexts can be closed. It reads
// nothing from a request but its version.

import { errnos, ZMQ_IPC_FILTER_UID, ZMQ_ROUTER } from "../binding/constants.js";
import { check, errorOf } from "../binding/errors.js";
import { binding } from "../binding/index.js";
import { Context } from "../context/context.js";
import { Core } from "../core/open-socket.js";
import type { Message } from "../message/frames.js";
import { Intake, receiveInto } from "../message/slab.js";
import { kinds } from "../options/kinds.js";
import { commonOptions, receiveOptions, sendOptions } from "../options/table.js";
import { checkFolder, checkUnused, type Place, protect } from "./place.js";
import { snapshot } from "./snapshot.js";

/** The request. It changes with the version of the format. */
const request = "zmq-inspector/1";

/** Bytes and frames of a request with its envelope. libzmq disconnects a peer that sends more. */
const mostBytes = 1024;
const mostFrames = 16;
/** Requests of one peer that wait. Then libzmq stops to read from that peer. */
const mostRequests = 16;
/** Replies that wait for one peer. Then they are dropped: a snapshot of many connections is large. */
const mostReplies = 2;

const contextEnded = -errnos.ETERM!;
const superuser = 0;

const failureText = (error: string) => JSON.stringify({ format: "zmq-inspector", version: 1, error });
const refusalText = failureText(`the request must be the text ${request}`);

/** Lets only this user and root connect, whatever the mode of the file: the kernel tells who has connected. */
function admitUser(core: Core, { endpoint }: Place): void {
  const user = process.geteuid?.();
  for (const id of new Set([user ?? -1, superuser])) {
    const result = id < 0 ? -1 : binding.setOption(core.handle, ZMQ_IPC_FILTER_UID, kinds.int32.write(id));
    if (result === 0) continue;
    throw errorOf("ENOTSUP").explain(
      `${endpoint}: this platform does not tell which user has connected: serve inspector.snapshot() another way`,
    );
  }
}

/** The end of the last `listen`. */
let last: Promise<unknown> = Promise.resolve();

export class Service {
  readonly endpoint: string;
  readonly #name: string;
  readonly #context = new Context();
  readonly #core: Core;
  readonly #intake = new Intake();

  private constructor({ endpoint }: Place, name: string) {
    this.endpoint = endpoint;
    this.#name = name;
    this.#core = new Core(this.#context, ZMQ_ROUTER);
  }

  /** Rejects if the endpoint cannot be used, or cannot be protected. One after another: each first looks for the others. */
  static listen(place: Place, name: string): Promise<Service> {
    const listening = last.then(() => Service.#open(place, name));
    last = listening.catch(() => {});
    return listening;
  }

  static async #open(place: Place, name: string): Promise<Service> {
    await checkFolder(place);
    await checkUnused(place);
    const service = new Service(place, name);
    try {
      service.#bind(place);
      // Until here, the kernel's check of the user protects the endpoint.
      await protect(place);
      service.#watch();
    } catch (error) {
      await service.close();
      throw error;
    }
    return service;
  }

  /** Resolves when the file is removed. A second call is a no-op. */
  close(): Promise<void> {
    return this.#context.close({ linger: 0 });
  }

  #bind(place: Place): void {
    const core = this.#core;
    core.setOption(commonOptions.linger, 0);
    core.setOption(commonOptions.maxMessageSize, mostBytes);
    core.setOption(commonOptions.maxFrames, mostFrames);
    core.setOption(receiveOptions.receiveHighWaterMark, mostRequests);
    core.setOption(sendOptions.sendHighWaterMark, mostReplies);
    admitUser(core, place);
    check(binding.bind(core.handle, place.endpoint));
  }

  /** Waits for requests, without keeping the process alive. */
  #watch(): void {
    const core = this.#core;
    if (core.handle === 0) return;
    core.wait("receiving", { retry: () => this.#receive(), close: () => core.done("receiving") }, false);
    // libzmq signals new messages only after it had none.
    this.#receive();
  }

  /** Answers one request, so that many requests do not keep the event loop from the program. Never done. */
  #receive(): boolean {
    const core = this.#core;
    const messages: Message[][] = [];
    const count = receiveInto(messages, 0, core.handle, 1, this.#intake);
    // Any other error concerns one request, which libzmq has dropped.
    if (count === contextEnded) {
      core.close();
      return true;
    }
    if (count > 0) this.#answer(messages[0]!);
    if (!this.#intake.emptied && core.handle !== 0) core.touched();
    return false;
  }

  /** Ignores a message without an envelope. */
  #answer(frames: Message[]): void {
    const delimiter = frames.findIndex((frame, index) => index > 0 && frame.length === 0);
    if (delimiter < 0) return;
    const envelope = frames.slice(0, delimiter + 1);
    const [body, ...rest] = frames.slice(delimiter + 1);
    const known = rest.length === 0 && body !== undefined && String(body) === request;
    const reply = known ? this.#describe() : refusalText;
    binding.trySend(this.#core.handle, [...envelope, reply]);
    this.#core.touched();
  }

  #describe(): string {
    try {
      return JSON.stringify(snapshot(this.#name));
    } catch (error) {
      // No memory is left, for example. The program must not fail because of a tool.
      return failureText(String(error));
    }
  }
}
