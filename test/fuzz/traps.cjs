// Arguments that run the program's code while the library reads them, one of each kind.

/** Makes an object's own properties call `effect` when they are read. */
function withGetters(object, effect) {
  for (const [key, value] of Object.entries(object)) {
    Object.defineProperty(object, key, {
      enumerable: true,
      configurable: true,
      get() {
        effect();
        return value;
      },
    });
  }
  return object;
}

const kinds = {
  getter: (value, effect) => withGetters(value, effect),
  proxy: (value, effect) =>
    new Proxy(value, {
      get(target, key, receiver) {
        effect();
        return Reflect.get(target, key, receiver);
      },
      has(target, key) {
        effect();
        return Reflect.has(target, key);
      },
      getPrototypeOf(target) {
        effect();
        return Reflect.getPrototypeOf(target);
      },
      ownKeys(target) {
        effect();
        return Reflect.ownKeys(target);
      },
    }),
  iterator(value, effect) {
    const entries = Array.isArray(value) ? [...value] : [value];
    value[Symbol.iterator] = function* () {
      for (const entry of entries) {
        effect();
        yield entry;
      }
    };
    return value;
  },
};

const conversions = {
  getter: "valueOf",
  proxy: Symbol.toPrimitive,
  iterator: "toString",
};

/** Values in the place of a frame: bytes whose length or memory runs code. */
function trappedFrame(frame, kind, effect) {
  const bytes = new Uint8Array(Buffer.from(frame));
  if (kind === "proxy") return kinds.proxy(bytes, effect);
  for (const key of ["length", "byteLength", "byteOffset", "buffer"]) {
    const value = bytes[key];
    Object.defineProperty(bytes, key, {
      get() {
        effect();
        return value;
      },
    });
  }
  if (kind === "iterator") return kinds.iterator(bytes, effect);
  return bytes;
}

/** The unchanged `value`, but reading it runs code. `inFrames`: in the frames of a message rather than in its array. */
function trap(value, kind, effect, inFrames = false) {
  if (inFrames) {
    if (!Array.isArray(value)) return trappedFrame(value ?? "", kind, effect);
    return value.map((frame) =>
      Array.isArray(frame) ? trap(frame, kind, effect) : trappedFrame(frame ?? "", kind, effect),
    );
  }
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value))
    return kinds[kind](value, effect);
  if (ArrayBuffer.isView(value)) return trappedFrame(value, kind, effect);
  return {
    [conversions[kind]]() {
      effect();
      return value;
    },
  };
}

module.exports = { trap };
