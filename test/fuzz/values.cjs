// Values of the fuzzer's programs: from what JSON can say to what the library is given.

/** What JSON cannot say: `{ bytes: n }` is a Buffer, `{ big: "n" }` a bigint, `{ text: n }` a string of that length. */
function toValue(value) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  if ("bytes" in value) return Buffer.alloc(value.bytes, value.bytes & 0xff);
  if ("big" in value) return BigInt(value.big);
  if ("text" in value) return "x".repeat(value.text);
  if ("nothing" in value) return undefined;
  return value;
}

/** A number of bytes, a string, or a wild value. */
function toFrame(frame) {
  return typeof frame === "number" ? Buffer.alloc(frame, frame & 0xff) : toValue(frame);
}

function toMessage(message) {
  return Array.isArray(message) ? message.map(toFrame) : toFrame(message);
}

/** Frames of at least this length were filled by `toFrame`. */
const filledFrom = 300;

/** Whether it is all of one byte, that of its length or an x, as programs make them. */
function filled(frame) {
  const { length } = frame;
  if (length < filledFrom) return true;
  const byte = frame[0] === 0x78 ? 0x78 : length & 0xff;
  return [0, length >> 1, length - 1].every((i) => frame[i] === byte);
}

module.exports = { filled, toMessage, toValue };
