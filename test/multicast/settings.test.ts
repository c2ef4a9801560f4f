// Endpoints, options and environments that multicast does not support: they cause an error and never abort the process.
// The programs bypass lib/, which rejects most of these before libzmq.

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { capability } from "zmq-native";
import { freshGroup } from "../helpers/pgm.js";
import { packagePath, startProgram } from "../helpers/program.js";

const missing = capability.pgm && capability.norm ? undefined : "this build of libzmq has no pgm and norm";
if (missing) console.warn(`SKIPPED: ${missing}`);

const bindingPath = join(packagePath, "../library.js");

// `open(type, options)` returns a handle. Prints the return values of the calls.
const program = `
  const { binding } = require(${JSON.stringify(bindingPath)});
  const owner = {};
  const open = (type, options = []) => {
    const handle = binding.openSocket(zmq.context.token, type, owner);
    for (const [id, value] of options) {
      if (binding.setOption(handle, id, new Uint8Array(Int32Array.of(value).buffer)) < 0) throw new Error("option " + id);
    }
    return handle;
  };
  const types = { pub: 1, sub: 2 };
`;
const EINVAL = -22;
const RATE = 8;
const RECOVERY_IVL = 9;
const MULTICAST_MAXTPDU = 84;

describe.skipIf(missing)("unsupported settings", () => {
  // Without vendor/patches/libzmq/multicast/openpgm-on-demand.patch, no context can be created.
  test("a timer that OpenPGM lacks disables pgm only", async () => {
    const group = await freshGroup();
    await using running = startProgram(
      `${program}
      const socket = new zmq.Reply();
      await socket.bind("tcp://127.0.0.1:*");
      say(binding.connect(open(types.pub), ${JSON.stringify(group.endpoint())}));
      say(binding.connect(open(types.pub), ${JSON.stringify(group.endpoint())}));
      socket.close();`,
      { env: { PGM_TIMER: "NONE" } },
    );
    expect(await running.hear()).toBe(EINVAL);
    expect(await running.hear()).toBe(EINVAL);
    expect(await running.outcome).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  // Without vendor/patches/libzmq/multicast/pgm-settings.patch, most of these abort.
  test("malformed endpoints are EINVAL", async () => {
    const { address, port } = await freshGroup();
    const endpoints = [
      `127.0.0.1,127.0.0.2;${address}:${port}`,
      `127.0.0.1;${address};${address};${address}:${port}`,
      `127.0.0.1;;;;:${port}`,
      `127.0.0.1;${address}:0`,
      `127.0.0.1;${address}:99999`,
      `127.0.0.1;${address}:-1`,
      `127.0.0.1;${address}:*`,
      `127.0.0.1;${address}:`,
      `127.0.0.1;${address}:1x`,
      `127.0.0.1;${address}`,
      `127.0.0.1;10.0.0.1:${port}`,
      `192.0.2.1;${address}:${port}`,
      `127.0.0.1;${address}${",239.192.0.1".repeat(30)}:${port}`,
    ];
    await using running = startProgram(`${program}
      for (const endpoint of await hear()) {
        for (const type of Object.values(types)) {
          const handle = open(type);
          for (const call of ["bind", "connect"]) {
            const result = binding[call](handle, "epgm://" + endpoint);
            if (result !== ${EINVAL}) say(call + " " + type + " " + endpoint + ": " + result);
          }
          binding.closeSocket(handle);
        }
      }
      say("done");
    `);
    running.say(endpoints);
    expect(await running.hear()).toBe("done");
    expect(await running.outcome).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  // Without the same patch, most of these abort, too.
  test("options that OpenPGM does not support are EINVAL", async () => {
    const group = await freshGroup();
    const refused = [
      [[RATE, 1]],
      [[RATE, 11]],
      [[RATE, 2_147_484]],
      [[RATE, 2 ** 31 - 1]],
      [[MULTICAST_MAXTPDU, 1]],
      [[MULTICAST_MAXTPDU, 50]],
      [
        [RATE, 10_000],
        [MULTICAST_MAXTPDU, 65_536],
      ],
      [[MULTICAST_MAXTPDU, 20_000]],
    ];
    const accepted = [
      [[RATE, 12]],
      [
        [RATE, 2_147_483],
        [RECOVERY_IVL, 2 ** 31 - 1],
      ],
      [[MULTICAST_MAXTPDU, 256]],
      [
        [RATE, 10_000],
        [MULTICAST_MAXTPDU, 9000],
      ],
    ];
    await using running = startProgram(`${program}
      const [endpoint, refused, accepted] = await hear();
      for (const [list, expected] of [[refused, ${EINVAL}], [accepted, 0]]) {
        for (const options of list) {
          for (const type of Object.values(types)) {
            const handle = open(type, options);
            const result = binding.connect(handle, endpoint);
            if (result !== expected) say(type + " " + JSON.stringify(options) + ": " + result);
            binding.closeSocket(handle);
          }
        }
      }
      // If that takes longer than half a second, the exit prints a warning.
      await zmq.context.close();
      say("done");
    `);
    running.say([group.endpoint(), refused, accepted]);
    expect(await running.hear()).toBe("done");
    expect(await running.outcome).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  // Without vendor/patches/libzmq/multicast/start-failure.patch, errors at the start of the endpoint, in one of
  // libzmq's threads, abort.
  test.for([
    ["an interface that norm does not find", "norm", "nosuch0", ["Publisher()", "Subscriber()"]],
    ["more hops than there can be", "epgm", "127.0.0.1", ["Publisher({ multicastHops: 300 })"]],
    ["pgm without the right to open a raw socket", "pgm", "127.0.0.1", ["Publisher()", "Subscriber()"]],
  ] as const)("%s is rejected or reported", async ([, transport, networkInterface, classes]) => {
    const group = await freshGroup();
    const endpoint = group.endpoint(transport, networkInterface);
    await using running = startProgram(`
      if (${transport === "pgm"} && process.getuid() === 0) process.setuid(65534);
      const attempt = async (open) => {
        let socket;
        try {
          socket = open();
          const { events } = socket;
          socket.connect(${JSON.stringify(endpoint)});
          for await (const event of events) if (event.type === "bind:error") throw event.error;
        } catch (error) {
          say(error.code ?? String(error));
        }
        socket?.close();
      };
      ${classes.map((text) => `await attempt(() => new zmq.${text});`).join("\n")}
    `);
    const expected = transport === "pgm" ? /^(EPERM|EACCES)$/ : /^E[A-Z]+$/;
    for (const _ of classes) expect(await running.hear()).toMatch(expected);
    expect(await running.outcome).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });
});
