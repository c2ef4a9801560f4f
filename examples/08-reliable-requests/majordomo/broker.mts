// The broker: knows the services by name, which workers offer them, and which questions wait for one.

import { Router } from "zmq-native";
import { bind } from "../../common/bind.mjs";
import * as protocol from "./protocol.mjs";

interface Worker {
  id: Buffer;
  service: string;
  heard: number;
}
interface Service {
  idle: Worker[];
  questions: Buffer[][];
}

export class Broker {
  readonly #socket = new Router({ linger: 0 });
  readonly #services = new Map<string, Service>();
  readonly #workers = new Map<string, Worker>();
  readonly #timer = setInterval(() => this.#beat(), protocol.interval);

  async start(): Promise<string> {
    const endpoint = await bind(this.#socket);
    this.#run();
    return endpoint;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  async #run() {
    for await (const [id, , header, ...frames] of this.#socket) {
      if (String(header) === protocol.client) this.#fromClient(id, frames);
      else if (String(header) === protocol.worker) this.#fromWorker(id, frames);
    }
  }

  #fromClient(client: Buffer, [name, ...body]: Buffer[]) {
    this.#service(String(name)).questions.push([client, Buffer.alloc(0), ...body]);
    this.#dispatch(String(name));
  }

  #fromWorker(id: Buffer, [command, ...frames]: Buffer[]) {
    const key = id.toString("hex");
    const worker = this.#workers.get(key);
    if (worker) worker.heard = performance.now();
    switch (String(command)) {
      case protocol.command.ready: {
        const created = { id, service: String(frames[0]), heard: performance.now() };
        this.#workers.set(key, created);
        return this.#makeIdle(created);
      }
      case protocol.command.reply: {
        // One that was given up is told to introduce itself again.
        if (!worker) return this.#tell(id, protocol.command.disconnect);
        const [client, , ...body] = frames;
        this.#socket.trySend([client, "", protocol.client, worker.service, ...body]);
        return this.#makeIdle(worker);
      }
      case protocol.command.heartbeat:
        return worker ? undefined : this.#tell(id, protocol.command.disconnect);
      case protocol.command.disconnect:
        return this.#forget(key);
    }
  }

  #service(name: string): Service {
    const known = this.#services.get(name);
    if (known) return known;
    const service: Service = { idle: [], questions: [] };
    this.#services.set(name, service);
    return service;
  }

  #makeIdle(worker: Worker) {
    this.#service(worker.service).idle.push(worker);
    this.#dispatch(worker.service);
  }

  /** Brings together idle workers and questions that wait. */
  #dispatch(name: string) {
    const { idle, questions } = this.#service(name);
    while (idle.length > 0 && questions.length > 0) {
      this.#tell(idle.shift()!.id, protocol.command.request, ...questions.shift()!);
    }
  }

  #tell(id: Buffer, command: string, ...frames: Buffer[]) {
    this.#socket.trySend([id, "", protocol.worker, command, ...frames]);
  }

  #forget(key: string) {
    const worker = this.#workers.get(key);
    if (!worker) return;
    const service = this.#service(worker.service);
    service.idle = service.idle.filter((other) => other !== worker);
    this.#workers.delete(key);
  }

  #beat() {
    for (const [key, worker] of this.#workers) {
      if (performance.now() - worker.heard > protocol.patience) this.#forget(key);
      else this.#tell(worker.id, protocol.command.heartbeat);
    }
  }
}
