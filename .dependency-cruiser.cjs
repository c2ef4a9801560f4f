// The rules of lib/'s folders, checked by `npm run check`. docs/architecture.md explains them.

/** Each folder of lib/ imports only from those before it. */
const layers = [
  "runtime",
  "diagnostics",
  "binding",
  "arguments",
  "options",
  "endpoint",
  "message",
  "context",
  "core",
  "observer",
  "socket",
  "draft",
  "streams",
  "opentelemetry",
  "inspector",
  "auth",
];

const downward = layers.map((layer, index) => ({
  name: `${layer} imports downward`,
  severity: "error",
  from: { path: `^lib/${layer}/` },
  to: { path: "^lib/", pathNot: `^lib/(?:${layers.slice(0, index + 1).join("|")})/` },
}));

/** All folders with a rule. */
const folders = [...layers, "v5-compat"];

module.exports = {
  forbidden: [
    {
      name: "each folder of lib has a rule",
      comment: "Add it to `layers`, and to the table in docs/architecture.md.",
      severity: "error",
      from: {},
      to: { path: "^lib/[^/]+/", pathNot: `^lib/(?:${folders.join("|")})/` },
    },
    {
      name: "each folder of lib has a rule, also if nothing imports it",
      severity: "error",
      from: { path: "^lib/[^/]+/", pathNot: `^lib/(?:${folders.join("|")})/` },
      to: {},
    },
    { name: "no cycles", severity: "error", from: { path: "^lib/" }, to: { circular: true } },
    ...downward,
    {
      name: "only binding loads the addon",
      severity: "error",
      from: { path: "^lib/", pathNot: "^lib/binding/" },
      to: { path: "^lib/binding/load" },
    },
    {
      name: "v5-compat is written against the public interface",
      comment: "Besides, it needs Node's own timers, how messages are read, and `referenced` of a socket.",
      severity: "error",
      from: { path: "^lib/v5-compat/" },
      to: {
        path: "^lib/",
        pathNot:
          "^lib/(?:v5-compat/|index\\.ts|runtime/|message/frames\\.ts|core/registry\\.ts|binding/(?:index|constants)\\.ts)",
      },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
  },
};
