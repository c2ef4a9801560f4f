// nestjs/inject.mts
// NestJS injects the client into a service, and closes it with the application.

import "reflect-metadata";
import { Controller, Inject, Injectable, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { type ClientProxy, ClientsModule, MessagePattern } from "@nestjs/microservices";
import { firstValueFrom } from "rxjs";
import { ZmqClient } from "./client.mjs";
import { ZmqServer } from "./server.mjs";

@Controller()
class NumbersController {
  @MessagePattern("sum")
  sum(numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }
}

@Module({ controllers: [NumbersController] })
class ServerModule {}

const strategy = new ZmqServer("tcp://127.0.0.1:*");
const server = await NestFactory.createMicroservice(ServerModule, { strategy, logger: ["error"] });
await server.listen();

@Injectable()
class Invoices {
  @Inject("NUMBERS") readonly numbers!: ClientProxy;

  total(prices: number[]): Promise<number> {
    return firstValueFrom(this.numbers.send<number>("sum", prices));
  }
}

// With a fixed endpoint: ClientsModule.register([{ name, customClass, options: { endpoint: "tcp://numbers:5555" } }])
const clients = ClientsModule.registerAsync([
  {
    name: "NUMBERS",
    useFactory: () => ({ customClass: ZmqClient, options: { endpoint: strategy.unwrap().lastEndpoint! } }),
  },
]);

@Module({ imports: [clients], providers: [Invoices] })
class ShopModule {}

const shop = await NestFactory.createApplicationContext(ShopModule, { logger: ["error"] });
console.log(`total: ${await shop.get(Invoices).total([3, 4, 5])}`);
await shop.close();
await server.close();
