// Streams of Node and web streams over sockets: the exports of `zmq-native/streams`.

export { toDuplex, toReadable, toWritable } from "./streams/node.js";
export type { StreamOptions } from "./streams/options.js";
export { type ChunkOf, toReadableStream, toReadableWritablePair, toWritableStream } from "./streams/web.js";
