// Files of ipc endpoints with relative paths.

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { packagePath, runProgram } from "../helpers/program.js";

const folder = mkdtempSync(join(tmpdir(), "zmq-ipc-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ways: [string, string][] = [
  ["close", "pull.close(); await context.close();"],
  ["unbind by the relative path", 'await pull.unbind("ipc://relative"); await ended;'],
  ["unbind by lastEndpoint", "await pull.unbind(pull.lastEndpoint); await ended;"],
  ["the end of the process", "process.exit(0);"],
];

describe.runIf(process.platform !== "win32")(
  "after process.chdir, the file of a relative ipc path is removed by",
  () => {
    test.each(ways)("%s", async (_, way) => {
      const outcome = await runProgram(
        `
      process.chdir(${JSON.stringify(folder)});
      const context = new zmq.Context();
      const pull = new zmq.Pull({ context });
      const names = [];
      const ended = new Promise((resolve) => pull.events.on("close", resolve));
      pull.events.on("bind", ({ address }) => names.push(address));
      await pull.bind("ipc://relative");
      names.push(pull.lastEndpoint);
      while (names.length < 2) await new Promise(setImmediate);
      console.log(names.join(), require("node:fs").readdirSync(".").join());
      process.chdir("/");
      ${way}
      pull.close();
    `,
        { from: packagePath },
      );
      expect(outcome).toMatchObject({
        code: 0,
        stdout: "ipc://relative,ipc://relative relative\n",
        stderr: "",
      });
      expect(readdirSync(folder)).toEqual([]);
    });
  },
);
