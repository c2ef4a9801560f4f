// The values of `--option NAME=VALUE`: JSON, or text where the option takes text.

/** A value as it was given, and as JSON if it is. */
export interface Setting {
  readonly text: string;
  readonly json?: unknown;
}

/** Whether the socket takes the value. Most options are checked only when they are set. */
function takes(socket: Record<string, unknown>, name: string, value: unknown): boolean {
  try {
    socket[name] = value;
    return true;
  } catch {
    return false;
  }
}

/** Whether a member of the socket is something else than an option: a method, a constant, or a member of each object. */
function isOther(socket: Record<string, unknown>, name: string): boolean {
  for (let at: object = socket; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    const member = Object.getOwnPropertyDescriptor(at, name);
    if (member) return member.set === undefined;
  }
  return name in Object.prototype;
}

/**
 * The values for the constructor. A routing id of `123` is text, although it is JSON, too: a socket that takes only the text gets
 * it. `probe` is a socket to try that with.
 */
export function valuesOf(
  settings: Readonly<Record<string, Setting>>,
  probe: Record<string, unknown>,
): Record<string, unknown> {
  const entries = Object.entries(settings).map(([name, { text, json }]) => {
    if (isOther(probe, name)) throw new TypeError(`--option ${name}=${text}: ${name} is not an option`);
    if (json === undefined) return [name, text];
    const isText = name in probe && !takes(probe, name, json) && takes(probe, name, text);
    return [name, isText ? text : json];
  });
  return Object.fromEntries(entries);
}
