// The door for ES modules. It opens to the one CommonJS implementation.

export * from "./inspector.js";
