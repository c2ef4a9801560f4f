// The call of node-gyp-build, which loads the binary. It has a file of its own, since `@vercel/nft`, ncc and Next.js
// evaluate the call to find the binary, and ncc's parser rejects a file with syntax later than ES2020.

export const addon: unknown = require("node-gyp-build")(`${__dirname}/..`);
