// Every scenario, in the order of the report.

import both from "./both.mjs";
import curve from "./curve.mjs";
import fanout from "./fanout.mjs";
import { churn, idle, rest, retained, stalled } from "./footprint.mjs";
import { peers, sockets, threads } from "./growth.mjs";
import inproc from "./inproc.mjs";
import large from "./large.mjs";
import latency from "./latency.mjs";
import { loss, multicast } from "./multicast.mjs";
import multipart from "./multipart.mjs";
import neighbour from "./neighbour.mjs";
import receive from "./receive.mjs";
import send from "./send.mjs";
import transfer from "./transfer.mjs";

export const scenarios = [
  ...[
    receive,
    send,
    both,
    large,
    transfer,
    multipart,
    latency,
    inproc,
    fanout,
    curve,
    multicast,
    loss,
    churn,
  ],
  ...[idle, retained, stalled, rest, neighbour, sockets, peers, threads],
];
