// Detects objects of another copy of the library. A program may load several copies in a thread, and none can use the
// objects of another. All copies share a mark on their classes, so that the error can name the cause.

const mark = Symbol.for("zmq-native");

/** Marks a class, so that other copies of the library recognize its objects. */
export function markClass(prototype: object, name: string): void {
  Object.defineProperty(prototype, mark, { value: name });
}

/** Throws a `TypeError` if `value` is an object of another copy. The caller knows that it is not of this copy. */
export function refuseOtherCopy(value: unknown, name: "Context" | "Socket", argument: string): void {
  if (typeof value !== "object" || value === null || Reflect.get(value, mark) !== name) return;
  const remedy = name === "Context" ? ", or pass Context.attach(context.token)" : "";
  throw new TypeError(
    `${argument} is a ${name} of another copy of zmq-native: load the package only once${remedy}`,
  );
}
