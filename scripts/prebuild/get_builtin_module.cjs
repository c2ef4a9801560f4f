// Preloaded into the Node for 32-bit ARM, which is older than the versions that the package supports: dist/ needs this
// function of Node 20.16.
process.getBuiltinModule ??= (id) => (require("node:module").isBuiltin(id) ? require(id) : undefined);
