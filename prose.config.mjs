// The rules of `npm run prose` (scripts/prose.mjs). Few rules, all of them errors.

/**
 * The checked files by folder: Markdown pages, and sources, of which the comments and the titles of tests are checked. Of a
 * patch it is the description.
 */
export const files = [
  { folder: ".", pattern: /^[^/]+\.md$/ },
  { folder: ".", pattern: /^[^/]+\.(?:[cm]?js|mts|gyp)$/ },
  { folder: ".", pattern: /^CMakeLists\.txt$/ },
  { folder: ".github", pattern: /\.(?:md|yml)$/ },
  { folder: "docs", pattern: /\.md$/ },
  { folder: "site", pattern: /^(?!node_modules\/).*\.(?:md|mts|mjs|vue)$/ },
  { folder: "vendor", pattern: /^(?:CMakeLists\.txt|[^/]+\.cmake|openpgm\/[^/]+\.[ch]|patches\/.*\.patch)$/ },
  { folder: "examples", pattern: /^[^/]+\.md$/ },
  { folder: "lib", pattern: /\.ts$/ },
  { folder: "native", pattern: /\.(?:cc|h)$/ },
  { folder: "examples", pattern: /\.m?ts$/ },
  { folder: "scripts", pattern: /(?:\.mjs|\.cmake|\.h|^setup)$/ },
  { folder: "bench", pattern: /\.mjs$/ },
  { folder: "command", pattern: /\.ts$/ },
  { folder: "demo", pattern: /\.ts$/ },
  { folder: "test", pattern: /\.(?:[cm]?[jt]s|cc?|h|go|java)$/ },
];

/** Files that are generated. */
export const ignored = ["lib/binding/constants.ts"];

/** Characters of a sentence: about 35 words. */
export const longestSentence = 220;

/** The start of a sentence, of a table cell or of a list item. */
const start = "(?:^|(?<=[.!?:] ))";

/** Patterns that are wrong, and what to write instead. */
export const vocabulary = [
  // Riddles: name the subject instead. Questions are allowed.
  [
    `/${start}(?:What|Whatever|Who|Whoever|That which)\\b(?![^.]*\\?)/`,
    "a sentence that begins with its subject",
  ],
  // Terms of the field.
  ["/\\b(?:is|are|was|were|be|been|being|never) collected\\b/", "garbage-collected"],
  ["/\\b(?:operations?|sends?|receives?) that waits?\\b/", "pending operation, send or receive"],
  ["/\\b(?:is|are) under way\\b/", "is pending, or is in progress"],
  ["/\\btime-outs?\\b/i", "timeout"],
  ["/\\bfetched ahead\\b/i", "prefetched"],
  // Words that sound translated.
  ["/\\b(?:is|are|was|were) to be\\b/", "must be"],
  ["/\\b(?:as it is|as they are)\\b/", "unchanged"],
  ["/\\bhas it\\b/", "a verb"],
  ["/\\b(?:that|who|which) goes\\b/", "a verb such as leaves, disconnects or is sent"],
  ["/(?<![Tt]here )\\b(?:is|are) no (?!longer\\b|more\\b|other\\b)[a-z]/", "is not a"],
  ["/\\bfor ever\\b/i", "forever, or without a limit"],
  ["/[`\\w], …/", "the complete list"],
  // American spelling.
  ["/\\b(?:behaviour|favour|colour|honour|neighbour)/i", "the American spelling: -or"],
  [
    "/\\b(?:optim|organ|recogn|initial|serial|synchron|minim|maxim|normal)is(?:e|ed|es|ing|ation)\\b/i",
    "-ize",
  ],
  ["/\\blicences?\\b/i", "license"],
];
