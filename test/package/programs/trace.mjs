// Prints the files that a program needs as @vercel/nft traces them, as JSON: relative to BASE.
//
//   node trace.mjs FOLDER_OF_TOOLS BASE PROGRAM

import { createRequire } from "node:module";

const [tools, base, program] = process.argv.slice(2);
const { nodeFileTrace } = createRequire(`${tools}/package.json`)("@vercel/nft");
const { fileList, warnings } = await nodeFileTrace([program], { base });
for (const warning of warnings) console.error(warning.message);
process.stdout.write(JSON.stringify([...fileList].sort()));
