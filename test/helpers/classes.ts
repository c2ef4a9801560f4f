// Every socket class of the package, as it exports them: no test has a list of its own that could lack one.

import * as zmq from "zmq-native";
import * as draft from "zmq-native/draft";

type SocketClass = new (options?: object) => zmq.Socket;

const isSocketClass = (value: unknown): value is SocketClass =>
  typeof value === "function" && value.prototype instanceof zmq.Socket;

export const stableClasses: SocketClass[] = Object.values<unknown>(zmq).filter(isSocketClass);
export const draftClasses: SocketClass[] = Object.values<unknown>(draft).filter(isSocketClass);
