// Every available implementation with ours, over every transport and security mechanism that it has. The results are
// those of docs/interoperability.md. MATRIX=write writes the results into the page.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Reply } from "zmq-native";
import { root } from "../helpers/guide.js";
import { parseTable, type ResultTable, renderTable } from "../helpers/markdown_table.js";
import { type Agent, type AgentProcess, implementations, PeerSocket, startAgent } from "./agents.js";
import {
  endpointOf,
  exchangeAll,
  type Mechanism,
  mechanisms,
  pairs,
  peerSecurity,
  serveZap,
  type Transport,
  zapCommand,
} from "./exchange.js";

const writes = process.env.MATRIX === "write";
const page = join(root, "docs/interoperability.md");

const columns: [Transport, Mechanism][] = [
  ...(["tcp", "ipc", "ws"] as const).flatMap((transport) =>
    mechanisms.map((mechanism): [Transport, Mechanism] => [transport, mechanism]),
  ),
  // Inproc has no handshake, and so no security mechanism.
  ["inproc", "NULL"],
];
const headings = ["implementation", ...columns.map((column) => column.join(" "))];
headings[headings.length - 1] = "inproc";

type Result = "yes" | "no" | "–";
type Table = ResultTable<Result>;

/** The table between the two markers of the page. */
const marked = /(<!-- matrix -->\n)([\s\S]*?)(<!-- end of the matrix -->)/;

const published = marked.exec(readFileSync(page, "utf8"))?.[2] ?? "";
const expected = parseTable<Result>(published);
const measured: Table = new Map();
const versions: string[] = [];

let handler: Reply;
beforeAll(async () => {
  handler = await serveZap();
});
afterAll(() => handler.close());

/** Resolves with the peer's reason for rejecting a transport or a mechanism. Undefined when it supports both. */
async function refusal(
  agent: Agent,
  transport: Transport,
  mechanism: Mechanism,
): Promise<string | undefined> {
  try {
    await using socket = await PeerSocket.open(agent, "PULL", peerSecurity[mechanism].server);
    await socket.bind(endpointOf(transport));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe.each(Object.values(implementations))("$name", (implementation) => {
  const { name } = implementation;
  const reason = implementation.missing();
  if (reason) {
    console.warn(`SKIPPED: ${name}: ${reason}`);
    measured.set(name, expected.get(name) ?? columns.map(() => "–"));
    test.skip(reason);
    return;
  }
  const results: Result[] = columns.map(() => "–");
  measured.set(name, results);

  let agent: AgentProcess;
  beforeAll(async () => {
    agent = await startAgent(implementation);
    versions.push(`${name}: ${(await agent.call("version")).join(" ")}`);
    // An implementation without ZAP has no mechanism that needs it.
    await agent.call(...zapCommand).catch(() => {});
  });
  afterAll(() => agent?.[Symbol.asyncDispose]());

  const others = columns.slice(0, -1).map((column, index) => [...column, index] as const);
  test.each(others)("%s, %s", async (transport, mechanism, index) => {
    const refused = await refusal(agent, transport, mechanism);
    if (refused === undefined) await exchangeAll(agent, transport, mechanism);
    results[index] = refused === undefined ? "yes" : "no";
    if (!writes) expect(results[index], refused).toBe(expected.get(name)?.[index]);
  });

  if (name === implementations.ours.name) {
    test("inproc, within this process", async () => {
      const require = createRequire(__filename);
      const handle = require("./agents/agent.cjs").createHandler(require("../../dist/index.js"), name);
      const local: Agent = {
        call: (...words) => handle(...words.map(String)),
        [Symbol.asyncDispose]: async () => {},
      };
      await exchangeAll(local, "inproc", "NULL");
      results[results.length - 1] = "yes";
    });
  }
});

describe("docs/interoperability.md", () => {
  test("shows these results", () => {
    const table = renderTable(headings, measured);
    console.log([...versions, "", table].join("\n"));
    if (writes) {
      const text = readFileSync(page, "utf8");
      writeFileSync(
        page,
        text.replace(marked, (_, start, __, end) => `${start}${table}${end}`),
      );
    } else {
      expect(published).toBe(table);
    }
  });

  test("names the pairs of types", () => {
    const text = readFileSync(page, "utf8").replace(/\s+/g, " ");
    for (const pair of pairs) {
      const [ours, theirs] = pair.split(" and ");
      expect(text).toContain(`\`${ours}\` and \`${theirs}\``);
    }
  });
});
