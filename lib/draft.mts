// The door for ES modules; it opens to the one CommonJS implementation.

import draft from "./draft.js";

export * from "./draft.js";
export default draft;
