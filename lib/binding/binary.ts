// Loads the binary with node-gyp-build. In a file of its own, since `@vercel/nft`, ncc and Next.js evaluate this call
// to find the binary, and ncc's parser rejects files with syntax later than ES2020.

export const addon: unknown = require("node-gyp-build")(`${__dirname}/..`);
