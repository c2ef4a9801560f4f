// The messages between the parts, as frames. A worker asks the ventilator for work (DEALER to ROUTER) and sends
// its results to the sink (PUSH to PULL).

/** The data that a worker gets when it starts. */
export interface Setup {
  /** Its routing id at the ventilator, and its name in the report. */
  name: string;
  /** The endpoint to ask for work. */
  ventilator: string;
  /** The endpoint to send results to. */
  sink: string;
}

/** A file on its way to a worker. */
export interface Work {
  id: number;
  /** Relative to the root of the tree. */
  path: string;
  content: Buffer;
}

/** The result of a worker for one file. */
export interface Result {
  worker: string;
  id: number;
  path: string;
  /** sha256, hexadecimal. */
  digest: string;
  bytes: number;
  gzipBytes: number;
}

/** How many files a worker may hold at once: one that it works on, and some so that it need not wait for the next. */
export const slots = 4;

/** Tells a worker that no more work comes. */
export const farewell = [""];

/** [task id, relative path, content] */
export function encodeWork({ id, path, content }: Work): [number, string, Buffer] {
  return [id, path, content];
}

/** Undefined for the farewell. */
export function decodeWork(frames: Buffer[]): Work | undefined {
  const [id, path, content] = frames;
  if (id === undefined || path === undefined || content === undefined) return undefined;
  return { id: Number(id), path: path.toString(), content };
}

/** [worker, task id, relative path, digest, bytes, gzip bytes] */
export function encodeResult(result: Result): (string | number)[] {
  return [result.worker, result.id, result.path, result.digest, result.bytes, result.gzipBytes];
}

type SixStrings = [string, string, string, string, string, string];

/** Returns undefined if the frames are not a result: anybody on this machine can connect to a TCP port. */
export function decodeResult(frames: Buffer[]): Result | undefined {
  if (frames.length !== 6) return undefined;
  const [worker, id, path, digest, bytes, gzipBytes] = frames.map(String) as SixStrings;
  return { worker, id: Number(id), path, digest, bytes: Number(bytes), gzipBytes: Number(gzipBytes) };
}
