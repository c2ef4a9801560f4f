// nestjs/main.mts
// A microservice over ZeroMQ, and a client that calls it.

import "reflect-metadata";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { EventPattern, MessagePattern, RpcException } from "@nestjs/microservices";
import { firstValueFrom, from, type Observable, toArray } from "rxjs";
import { ZmqClient } from "./client.mjs";
import { ZmqServer } from "./server.mjs";

const events: string[] = [];

@Controller()
class NumbersController {
  @MessagePattern({ command: "sum" })
  sum(numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }

  @MessagePattern("count")
  count(limit: number): Observable<number> {
    return from(Array.from({ length: limit }, (_, index) => index + 1));
  }

  @MessagePattern("fail")
  fail(): void {
    throw new RpcException("out of numbers");
  }

  @EventPattern("created")
  created({ name }: { name: string }): void {
    events.push(name);
  }
}

@Module({ controllers: [NumbersController] })
class AppModule {}

const strategy = new ZmqServer("tcp://127.0.0.1:*");
const app = await NestFactory.createMicroservice(AppModule, { strategy, logger: ["error"] });
await app.listen();

const client = new ZmqClient({ endpoint: strategy.unwrap().lastEndpoint! });
const show = (error: Partial<Error>) => `error: ${error.message ?? error}`;
const ask = (pattern: unknown, data: unknown) => firstValueFrom(client.send(pattern, data)).catch(show);

console.log(await Promise.all([ask({ command: "sum" }, [1, 2]), ask({ command: "sum" }, [3, 4])]));
console.log(await firstValueFrom(client.send("count", 3).pipe(toArray())));
console.log(await ask("fail", {}));
console.log(await ask("unknown", {}));

await firstValueFrom(client.emit("created", { name: "ada" }), { defaultValue: undefined });
// The server receives messages of one client in order.
await ask({ command: "sum" }, []);
console.log(events);

const lonely = new ZmqClient({ endpoint: "tcp://127.0.0.1:1", timeout: 300 });
console.log(await firstValueFrom(lonely.send("count", 3)).catch(show));
console.log(await firstValueFrom(lonely.emit("created", {})).catch(show));

await Promise.all([client.close(), lonely.close()]);
await app.close();
