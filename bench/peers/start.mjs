// The time that a program needs before its first message: for `require`, and for the first socket with its first `connect`.

import { createRequire } from "node:module";
import { finish, options, stopwatch } from "./peer.mjs";

const require = createRequire(import.meta.url);
const watch = stopwatch();
const zmq = require(options.path);
const loaded = watch();
const push = new zmq.Push({ linger: 0 });
push.connect("tcp://127.0.0.1:9");
const { seconds, cpuSeconds } = watch();
await finish({ seconds, cpuSeconds, require: loaded.seconds, connect: seconds - loaded.seconds });
