// Checks an AbortSignal that a user passed.

import { isObject, shown } from "./checks.js";

/**
 * @internal Throws a TypeError if the options are a signal, which other libraries take as the argument itself. A signal has
 * no option, so it would be ignored.
 */
export function expectNoSignal(options: object): void {
  if (typeof (options as AbortSignal).addEventListener !== "function" || !("aborted" in options)) return;
  throw new TypeError("Options must be an object, got an AbortSignal: pass { signal }");
}

/**
 * @internal Reads a signal and whether it is aborted. Checks the methods of a signal instead of its class, to accept signals
 * of other realms and of polyfills.
 */
export function signalOf(value: unknown): { signal: AbortSignal; aborted: boolean } | undefined {
  if (value === undefined || value === null) return undefined;
  if (isObject(value)) {
    const { aborted, addEventListener, removeEventListener } = value as AbortSignal;
    const listens = typeof addEventListener === "function" && typeof removeEventListener === "function";
    if (listens && typeof aborted === "boolean") return { signal: value as AbortSignal, aborted };
  }
  const remedy =
    isObject(value) && "abort" in value ? ": pass the controller's own, `controller.signal`" : "";
  throw new TypeError(`signal must be an AbortSignal, got ${shown(value)}${remedy}`);
}
