// A program may load this library more than once in a thread, and no copy can use the objects of another. They are
// recognized by a mark that all copies share, so that the error says what is wrong.

const mark = Symbol.for("zmq-native");

/** Marks a class with the name by which every copy of the library recognizes its objects. */
export function markClass(prototype: object, name: string): void {
  Object.defineProperty(prototype, mark, { value: name });
}

/** Throws a `TypeError` when `value`, which is none of this copy's objects, is one of another copy's. */
export function refuseOtherCopy(value: unknown, name: "Context" | "Socket", argument: string): void {
  if (typeof value !== "object" || value === null || Reflect.get(value, mark) !== name) return;
  const remedy = name === "Context" ? ", or pass Context.attach(context.token)" : "";
  throw new TypeError(
    `${argument} is a ${name} of another copy of zmq-native: load the package only once${remedy}`,
  );
}
