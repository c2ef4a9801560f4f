// Every scenario, in the order of the report.

import both from "./both.mjs";
import curve from "./curve.mjs";
import fanout from "./fanout.mjs";
import { burst, churn, connected, idle, rest, retained, stalled } from "./footprint.mjs";
import { peers, sockets, threads } from "./growth.mjs";
import inproc from "./inproc.mjs";
import large from "./large.mjs";
import latency from "./latency.mjs";
import { loss, multicast } from "./multicast.mjs";
import multipart from "./multipart.mjs";
import neighbour from "./neighbour.mjs";
import receive from "./receive.mjs";
import send from "./send.mjs";
import start from "./start.mjs";
import transfer from "./transfer.mjs";
import wire from "./wire.mjs";

export const scenarios = [
  ...[
    receive,
    send,
    both,
    wire,
    large,
    transfer,
    multipart,
    latency,
    inproc,
    fanout,
    curve,
    multicast,
    loss,
    start,
    churn,
  ],
  ...[idle, connected, burst, retained, stalled, rest, neighbour, sockets, peers, threads],
];
