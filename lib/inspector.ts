// The state of a program's sockets, for tools: the exports of `zmq-native/inspector`.

export {
  type Inspector,
  type InspectorOptions,
  type InspectorService,
  inspector,
} from "./inspector/inspector.js";
export type {
  EndpointSnapshot,
  HexBytes,
  PeerSnapshot,
  ProcessSnapshot,
  Snapshot,
  SocketSnapshot,
} from "./inspector/types.js";
