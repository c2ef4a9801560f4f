// The engine's message for a property that cannot be set. Programs written for zeromq compare with V8's text. Bun's
// JavaScriptCore has its own.

const v8 = process.versions.bun === undefined;

export const cannotAdd = (name: string) =>
  v8 ? `Cannot add property ${name}, object is not extensible` : /define property/;

export const onlyGetter = (name: string) =>
  v8 ? `Cannot set property ${name} of #<Socket> which has only a getter` : /readonly property/;
