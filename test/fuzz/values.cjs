// Values of the fuzzer's programs: converts JSON to the arguments of the library.

/**
 * Values that JSON lacks: `{ bytes: n }` is a Buffer, `{ big: "n" }` a bigint, `{ text: n }` a string of that length.
 */
function toValue(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  if ("bytes" in value) return Buffer.alloc(value.bytes, value.bytes & 0xff);
  if ("big" in value) return BigInt(value.big);
  if ("text" in value) return "x".repeat(value.text);
  if ("nothing" in value) return undefined;
  return value;
}

/** Values that no option accepts, by name. */
const odd = {
  controller: () => new AbortController(),
  NaN: () => Number.NaN,
  infinity: () => Number.POSITIVE_INFINITY,
  bigint: () => 10n,
  symbol: () => Symbol("fuzz"),
  object: () => ({}),
  bare: () => Object.create(null),
  function: () => () => {},
  array: () => [],
  date: () => new Date(0),
  string: () => "x",
  negative: () => -5,
  target: () => new EventTarget(),
  thenable: () => ({ aborted: false, addEventListener: null }),
  revoked: () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
};

module.exports = { odd, toValue };
