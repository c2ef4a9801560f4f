// The formats of input and output. Data only: the modules that read and write them load when a command runs.

export const inputFormats = ["lines", "nul", "json", "raw", "msgpack", "cbor"] as const;
export type InputFormat = (typeof inputFormats)[number];

export const outputFormats = [
  "text",
  "quoted",
  "hex",
  "base64",
  "json",
  "raw",
  "msgpack",
  "cbor",
  "none",
] as const;
export type OutputFormat = (typeof outputFormats)[number];
