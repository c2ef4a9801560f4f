// The code blocks of pages.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pack.js";

/** A page's first block of a language. Throws if there is none. */
export function block(page: string, language: string): string {
  const text = readFileSync(join(root, page), "utf8");
  const content = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(text)?.[1];
  if (!content) throw new Error(`${page} has no block of ${language}`);
  return content;
}
