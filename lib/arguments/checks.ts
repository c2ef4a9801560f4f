// Checks of arguments. Wrong or surplus arguments throw a `TypeError` with the message of zeromq, before anything else
// happens.

import { inspect, types } from "node:util";
import { explained } from "../binding/errors.js";

/** Formats a value for an error message, without running user code. */
export const shown = (value: unknown): string =>
  inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 100, customInspect: false });

/** Text or bytes, whose length can be read without running user code. */
const hasLength = (value: unknown): value is string | Uint8Array =>
  typeof value === "string" || types.isUint8Array(value);

/** Formats a secret for an error message: only its type and length. */
export function concealed(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  return hasLength(value) ? `${typeof value} of length ${value.length}` : typeof value;
}

/** Formats a value for an error message like `shown`, but conceals text, bytes and objects: a password by mistake. */
export const shownUnlessPassword = (value: unknown): string =>
  hasLength(value) || isObject(value) ? concealed(value) : shown(value);

/** Half the bytes of a CURVE key. */
const longestShown = 16;

/** Formats a value for an error message like `shown`, but conceals a longer one: it may be a secret key by mistake. */
export function shownUnlessKey(value: unknown): string {
  const mayBeKey = hasLength(value) ? value.length > longestShown : isObject(value);
  return mayBeKey ? concealed(value) : shown(value);
}

/** The number of arguments that a call accepts, and whether an options object, unknown to zeromq, may follow. */
interface Arity {
  most: number;
  options?: boolean;
}

/** The error for a call with `received` arguments that takes at most `most`. */
export const tooManyArguments = (most: number, received: number): TypeError =>
  new TypeError(`Expected ${most} ${most === 1 ? "argument" : "arguments"} but received ${received}`);

function expectArity({ most, options }: Arity, parameters: unknown[]): void {
  const { length } = parameters;
  const last = parameters[most];
  if (length <= most) return;
  const error = tooManyArguments(most, length);
  if (!options || length > most + 1) throw error;
  if (last !== undefined && !isObject(last))
    throw explained(error, `the last one may be an object of options, got ${shown(last)}`);
}

/** Throws a `TypeError` unless the value is the number of an option. */
export function expectIdentifier(value: unknown): void {
  if (typeof value === "number") return;
  throw explained(new TypeError("Identifier must be a number"), `got ${shown(value)}`);
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Throws a `TypeError` unless the value is an object of options. */
export function expectOptions(value: unknown): void {
  if (!isObject(value)) throw explained(new TypeError("Options must be an object"), `got ${shown(value)}`);
}

/** Throws a `TypeError` unless the value is a string or a Uint8Array. */
export function expectBytes(value: unknown, what: string): asserts value is string | Buffer {
  if (typeof value === "string" || types.isUint8Array(value)) return;
  throw explained(
    new TypeError("Option value must be a string or buffer"),
    `${what} must be a string or a Buffer, got ${shown(value)}`,
  );
}

type Constructor = new (...parameters: unknown[]) => object;

/** Decorates a class: rejects calls without `new`, and surplus arguments. */
export const baseClass =
  (arity: Arity) =>
  // No construct signature, since a constructor may be protected.
  <Class extends { readonly prototype: object }>(target: Class): Class =>
    new Proxy(target, {
      apply() {
        throw new TypeError("Class constructors cannot be invoked without 'new'");
      },
      construct(_, parameters, newTarget) {
        expectArity(arity, parameters);
        return Reflect.construct(target as unknown as Constructor, parameters, newTarget);
      },
    });

/** The error of a method that is called without its object, as in zeromq. */
export const illegalInvocation = (): TypeError => new TypeError("Illegal invocation");

/** For methods that ignore surplus arguments. */
export const anyArity = { most: Number.POSITIVE_INFINITY };

type Method = (this: unknown, ...parameters: unknown[]) => unknown;

/**
 * Makes methods check that they are called on an object of their class (`owns`), then the first argument with `check`,
 * then the number of arguments.
 */
export function guardMethods(
  prototype: object,
  owns: (object: object) => boolean,
  names: string[],
  arity: Arity,
  check?: (first: unknown) => unknown,
): void {
  for (const name of names) {
    const method = Reflect.get(prototype, name) as Method;
    const guarded = {
      [name](this: unknown, ...parameters: unknown[]) {
        if (!isObject(this) || !owns(this)) throw illegalInvocation();
        check?.(parameters[0]);
        expectArity(arity, parameters);
        return method.apply(this, parameters);
      },
    }[name];
    Object.defineProperty(prototype, name, { value: guarded });
  }
}
