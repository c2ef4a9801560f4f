// What calls may be given. Wrong or surplus arguments are a TypeError in the words of the package that this one stands
// in for, thrown before anything else is looked at.

import { inspect } from "node:util";
import { explained } from "../binding/errors.js";

/** A value as an error message shows it, without a call of the user's code. */
export const shown = (value: unknown): string =>
  inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 100, customInspect: false });

/** What a call takes: so many arguments at most, and after them an object of options, which zeromq does not know. */
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
  if (length <= most || (options && length === most + 1 && (last === undefined || isObject(last)))) return;
  throw tooManyArguments(most, length);
}

/** Throws a `TypeError` for what identifies no option. */
export function expectIdentifier(value: unknown): void {
  if (typeof value === "number") return;
  throw explained(new TypeError("Identifier must be a number"), `got ${shown(value)}`);
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** Throws a `TypeError` for what cannot name options. */
export function expectOptions(value: unknown): void {
  if (!isObject(value)) throw explained(new TypeError("Options must be an object"), `got ${shown(value)}`);
}

type Constructor = new (...parameters: unknown[]) => object;

/** For a class that is not called without `new`. */
export const baseClass =
  (arity: Arity) =>
  // Not a type with `new`, since a constructor may be protected.
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

type Method = (this: unknown, ...parameters: unknown[]) => unknown;

/**
 * Makes methods check that they are called on an object, then the first argument with `check`, then the number of
 * arguments.
 */
export function guardMethods(
  prototype: object,
  names: string[],
  arity: Arity,
  check?: (first: unknown) => unknown,
): void {
  for (const name of names) {
    const method = Reflect.get(prototype, name) as Method;
    const guarded = {
      [name](this: unknown, ...parameters: unknown[]) {
        if (!isObject(this)) throw new TypeError("Illegal invocation");
        check?.(parameters[0]);
        expectArity(arity, parameters);
        return method.apply(this, parameters);
      },
    }[name];
    Object.defineProperty(prototype, name, { value: guarded });
  }
}
