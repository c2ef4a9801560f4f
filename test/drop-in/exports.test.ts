// §1.1 Entry points: what `require` and `import` answer.

import { dirname } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { executeSync } from "../helpers/execute.js";
import { expectTypeError } from "./expectations.js";
import { loose, mended, ours, packagePath, socketNames, zmq } from "./subject.js";

const packageName = ours ? "zmq-native" : (process.env.DROP_IN_SUBJECT as string);

const names = [
  ...["capability", "context", "curveKeyPair", "version", "Context", "Socket", "Observer", "Proxy"],
  ...socketNames,
];
/** Not in the dictionary of subject.ts's types, since these are of no use without `new`. */
const baseClasses = ["Context", "Socket", "Observer", "Proxy"];

describe("CommonJS", () => {
  test("__esModule is set, and not enumerable", () => {
    expect(Object.getOwnPropertyDescriptor(zmq, "__esModule")).toMatchObject({
      value: true,
      enumerable: false,
    });
  });

  test.each(names)("%s is an enumerable export of its own", (name) => {
    expect(Object.getOwnPropertyDescriptor(zmq, name)?.enumerable).toBe(true);
    expect(loose(zmq)[name]).toBeDefined();
  });

  test("Object.keys names these 20", () => {
    expect(names).toHaveLength(20);
    expect(Object.keys(zmq)).toEqual(expect.arrayContaining(names));
  });

  test.each([...socketNames, ...baseClasses])("%s is a class by that name", (name) => {
    const exported = loose(zmq)[name] as unknown as { name: string; prototype: object };
    expect(typeof exported).toBe("function");
    expect(exported.name).toBe(name);
    expect(exported.prototype.constructor.name).toBe(name);
  });

  test.each(socketNames)("%s extends Socket and takes one argument", (name) => {
    expect(Object.getPrototypeOf(zmq[name])).toBe(zmq.Socket);
    expect(Object.getPrototypeOf(zmq[name].prototype)).toBe(zmq.Socket.prototype);
    expect(zmq[name].length).toBe(1);
  });

  test.each(socketNames)("zmq.%s can be replaced by a double", (name) => {
    const original = zmq[name];
    const exports = zmq as unknown as Record<string, unknown>;
    class Double {}
    exports[name] = Double;
    expect(zmq[name]).toBe(Double);
    exports[name] = original;
    expect(zmq[name]).toBe(original);
  });

  test("every require answers the same object", () => {
    expect(require(packagePath)).toBe(zmq);
  });

  /** What a compiler makes of `import zmq from` in CommonJS, run from a folder where the package is known. */
  function runImport(specifier: string, expression: string): string {
    const source = `import zmq from "${specifier}"; console.log(${expression});`;
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { module: ts.ModuleKind.CommonJS, esModuleInterop: true },
    });
    const cwd = dirname(dirname(packagePath));
    const { stdout, stderr } = executeSync(process.execPath, ["-e", outputText], { cwd });
    return stdout || stderr;
  }

  mended(
    "in zeromq it is undefined, though tsc accepts it",
    "the default import of a TypeScript program",
    () => {
      expect(runImport("zmq-native", 'typeof zmq.Push, zmq === require("zmq-native")')).toBe(
        "function true\n",
      );
      expect(Object.keys(zmq)).not.toContain("default");
      const draft = runImport("zmq-native/draft", 'typeof zmq.Server, zmq === require("zmq-native/draft")');
      expect(draft).toMatch(/^function true\n/);
      const v5 = runImport(
        "zmq-native/v5-compat",
        'typeof zmq.socket, zmq === require("zmq-native/v5-compat")',
      );
      expect(v5).toMatch(/^function true\n/);
    },
  );

  test.each(["lib", "lib/index", "lib/index.js"])("PACKAGE/%s is the package", (path) => {
    const { stdout, stderr } = executeSync(
      process.execPath,
      ["-p", `require("${packageName}/${path}") === require("${packageName}")`],
      { cwd: dirname(dirname(packagePath)) },
    );
    expect(stdout || stderr).toBe("true\n");
  });
});

describe("called without new", () => {
  test.each(socketNames)("%s throws, as any class", (name) => {
    expectTypeError(() => loose(zmq)[name]!(), `Class constructor ${name} cannot be invoked without 'new'`);
  });

  test.each(baseClasses)("%s says so", (name) => {
    const text = "Class constructors cannot be invoked without 'new'";
    expectTypeError(() => loose(zmq)[name]!(), text);
    expectTypeError(() => loose(zmq)[name]!.call({}), text);
    expectTypeError(() => loose(zmq)[name]!.call(Object.create(loose(zmq)[name]!.prototype)), text);
  });
});

describe("version", () => {
  test('is libzmq\'s, three numbers: "4.3.x"', () => {
    expect(typeof zmq.version).toBe("string");
    expect(zmq.version).toMatch(/^4\.3\.\d+$/);
  });
});

describe("capability", () => {
  test("has booleans for ipc pgm tipc norm curve gssapi draft", () => {
    const keys = ["ipc", "pgm", "tipc", "norm", "curve", "gssapi", "draft"];
    expect(Object.keys(zmq.capability)).toEqual(expect.arrayContaining(keys));
    for (const key of keys) expect(typeof loose(zmq.capability)[key]).toBe("boolean");
  });

  mended("zeromq does not tell", "ws and wss, too, and nothing else", () => {
    const keys = ["ipc", "pgm", "tipc", "norm", "curve", "gssapi", "draft", "ws", "wss"];
    expect(Object.keys(zmq.capability).sort()).toEqual(keys.sort());
    // A socket connects over the transports that are there, and over no other.
    for (const scheme of ["ws", "wss"] as const) {
      const connect = () => {
        const push = new zmq.Push({ linger: 0 });
        push.connect(`${scheme}://127.0.0.1:1/`);
        push.close();
      };
      if (zmq.capability[scheme]) connect();
      else expect(connect).toThrow(expect.objectContaining({ code: "EPROTONOSUPPORT" }));
    }
  });

  test("ipc, curve and draft are true, tipc on Linux", () => {
    const tipc = process.platform === "linux";
    expect(zmq.capability).toMatchObject({ ipc: true, tipc, curve: true, draft: true });
  });

  test("gssapi is false", () => {
    expect(zmq.capability.gssapi).toBe(false);
  });

  test("is the same object each time", () => {
    expect(zmq.capability).toBe(zmq.capability);
  });
});

describe("curveKeyPair", () => {
  test("answers { publicKey, secretKey }, 40 characters of Z85 each", () => {
    const pair = zmq.curveKeyPair();
    expect(Object.keys(pair)).toEqual(["publicKey", "secretKey"]);
    for (const key of Object.values(pair)) expect(key).toMatch(/^[0-9a-zA-Z.:+=^!/*?&<>()[\]{}@%$#-]{40}$/);
  });

  test("answers another pair each time", () => {
    const keys = Array.from({ length: 20 }, () => Object.values(zmq.curveKeyPair())).flat();
    expect(new Set(keys).size).toBe(40);
  });

  test("takes no notice of arguments", () => {
    expect(Object.keys(loose(zmq).curveKeyPair!("x", 1) as object)).toEqual(["publicKey", "secretKey"]);
  });
});

describe("context", () => {
  test("is the default Context, the same object each time", () => {
    expect(zmq.context).toBeInstanceOf(zmq.Context);
    expect(zmq.context).toBe(zmq.context);
  });
});

describe("native ESM", () => {
  /** Runs an ES module that imports the package by its name, from a folder where that name is known. */
  function runModule(source: string): unknown {
    const from = dirname(dirname(packagePath));
    const { stdout, stderr } = executeSync(
      process.execPath,
      ["--input-type=module", "-e", source.replaceAll("PACKAGE", packageName)],
      { cwd: from, timeout: 20_000 },
    );
    return stdout === "" ? stderr : JSON.parse(stdout);
  }

  test("every name can be imported", () => {
    const source = `
      import { ${names.join(", ")} } from "PACKAGE";
      console.log(JSON.stringify([${names.join(", ")}].map((value) => typeof value)));`;
    const kinds: Record<string, string> = { capability: "object", context: "object", version: "string" };
    expect(runModule(source)).toEqual(names.map((name) => kinds[name] ?? "function"));
  });

  test("the default import has them all, too, and is what require answers", () => {
    const source = `
      import zmq, * as all from "PACKAGE";
      import { createRequire } from "node:module";
      const required = createRequire(import.meta.url)("PACKAGE");
      const names = ${JSON.stringify(names)};
      console.log(JSON.stringify([names.every((name) => zmq[name] === all[name]), zmq === required]));`;
    expect(runModule(source)).toEqual([true, true]);
  });

  test("a message goes from an imported Push to a required Pull", () => {
    const source = `
      import { Push } from "PACKAGE";
      import { createRequire } from "node:module";
      const { Pull } = createRequire(import.meta.url)("PACKAGE");
      const pull = new Pull(), push = new Push();
      await pull.bind("inproc://here");
      push.connect("inproc://here");
      await push.send(["hello", "world"]);
      console.log(JSON.stringify((await pull.receive()).map(String)));`;
    expect(runModule(source)).toEqual(["hello", "world"]);
  });

  test('"/lib/index.js" can be imported', () => {
    const source = `
      import { Push } from "PACKAGE/lib/index.js";
      import * as zmq from "PACKAGE";
      console.log(JSON.stringify(Push === zmq.Push));`;
    expect(runModule(source)).toBe(true);
  });

  mended("zeromq has no exports map", 'the default imports of "/draft" and "/v5-compat"', () => {
    const source = `
      import draft from "PACKAGE/draft";
      import v5 from "PACKAGE/v5-compat";
      console.log(JSON.stringify([typeof draft.Server, typeof v5.socket]));`;
    expect(runModule(source)).toEqual(["function", "function"]);
  });

  test('"/draft.js" and "/v5-compat.js" can be imported', () => {
    const source = `
      import * as draft from "PACKAGE/draft.js";
      import * as v5 from "PACKAGE/v5-compat.js";
      console.log(JSON.stringify([typeof draft.Server, typeof v5.socket]));`;
    expect(runModule(source)).toEqual(["function", "function"]);
  });

  mended("zeromq has no exports map", 'so can "/draft" and "/v5-compat"', () => {
    const source = `
      import * as draft from "PACKAGE/draft";
      import * as v5 from "PACKAGE/v5-compat";
      console.log(JSON.stringify([typeof draft.Server, typeof v5.socket]));`;
    expect(runModule(source)).toEqual(["function", "function"]);
  });
});
