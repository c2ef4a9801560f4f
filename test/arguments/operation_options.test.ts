// Options of operations: accepted values, errors, and that each option is read exactly once.

import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { operationOptions } from "../../lib/arguments/operation-options.js";

const anything = (value: unknown) => operationOptions(value);

describe("the timeout option", () => {
  test.each([
    [undefined, undefined],
    [null, undefined],
    [0, 0],
    [5, 5],
    [0.2, 1],
    [-1, -1],
    [Number.POSITIVE_INFINITY, -1],
    [2 ** 31 - 1, 2 ** 31 - 1],
    [2 ** 31, -1],
  ])("%s is converted to %s", (timeout, milliseconds) => {
    expect(anything({ timeout }).timeout).toBe(milliseconds);
  });

  test.each([
    [Number.NaN, "NaN"],
    [-2, "-2"],
    [-0.5, "-0.5"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [10n, "10n"],
    ["10", "'10'"],
    [Symbol("ten"), "Symbol(ten)"],
    [{}, "{}"],
    [true, "true"],
  ])("throws a TypeError that names %s", (timeout, shown) => {
    expect(() => anything({ timeout })).toThrow(TypeError);
    expect(() => anything({ timeout })).toThrow(
      `timeout must be a number of milliseconds from 0, or -1 or Infinity for no limit, got ${shown}`,
    );
  });
});

describe("the signal option", () => {
  test("accepts AbortSignals, also from another realm or a polyfill", () => {
    const { signal } = new AbortController();
    expect(anything({ signal })).toEqual({ timeout: undefined, signal, aborted: false });
    const aborted = AbortSignal.abort();
    expect(anything({ signal: aborted })).toMatchObject({ signal: aborted, aborted: true });
    const polyfill = runInNewContext(
      "({ aborted: false, addEventListener() {}, removeEventListener() {} })",
    ) as AbortSignal;
    expect(anything({ signal: polyfill }).signal).toBe(polyfill);
    expect(anything({ signal: null }).signal).toBeUndefined();
  });

  test("throws for a signal in the place of the options, and shows how to pass it", () => {
    const { signal } = new AbortController();
    expect(() => anything(signal)).toThrow(
      new TypeError("Options must be an object, got an AbortSignal: pass { signal }"),
    );
  });

  test("throws for an AbortController and says to pass its signal", () => {
    expect(() => anything({ signal: new AbortController() })).toThrow(
      /^signal must be an AbortSignal, got AbortController .*: pass the controller's own, `controller.signal`$/,
    );
  });

  test.each([
    ["a number", 1],
    ["a string", "abort"],
    ["true", true],
    ["an EventTarget", new EventTarget()],
    ["an object", { aborted: false }],
    ["a function", () => {}],
  ])("throws a TypeError for %s", (_, signal) => {
    expect(() => anything({ signal })).toThrow(TypeError);
    expect(() => anything({ signal })).toThrow(/^signal must be an AbortSignal, got /);
  });
});

test("treats null and undefined as no options, and throws for a value that is not an object", () => {
  for (const options of [undefined, null, {}, () => {}]) {
    expect(anything(options)).toMatchObject({ timeout: undefined, signal: undefined, aborted: false });
  }
  for (const options of [1, "x", true, 1n, Symbol("s")]) {
    expect(() => anything(options)).toThrow(/^Options must be an object, got .*: pass .*\{ timeout: \d+ \}$/);
  }
  expect(() => anything(5)).toThrow(/^Options must be an object, got 5: pass \{ timeout: 5 \}$/);
});

test("reads each option once", () => {
  const read: string[] = [];
  const { signal } = new AbortController();
  anything({
    get timeout() {
      read.push("timeout");
      return 1;
    },
    get signal() {
      read.push("signal");
      return signal;
    },
  });
  expect(read.sort()).toEqual(["signal", "timeout"]);
});
