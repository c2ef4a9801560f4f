// Links of the pages: those to files of the repository lead to GitHub. Diagrams and the chart of speed become components.

import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { MarkdownRenderer } from "vitepress";

const root = fileURLToPath(new URL("../..", import.meta.url));
const repository = "https://github.com/zmq-native/zmq-native/blob/main";
/** Where the site is published: links to it lead to its own pages. */
const home = "https://zmq-native.github.io/zmq-native/";

/** The report of the benchmarks, beside the pages. */
const report = "report/index.html";

/** The file in docs/ that scripts/docs.mjs copied to out/pages. */
const originalOf = (page: string) => resolve(root, "docs", relative(resolve(root, "out/pages"), page));

/** The target of a page's link on the site. Links to other pages and other sites do not change. */
function targetOf(link: string, page: string): string {
  if (link.startsWith(home)) return link.slice(home.length - 1);
  if (/^(\w+:|#|\/)/.test(link)) return link;
  const path = relative(root, resolve(dirname(page), link));
  // The name that a folder's page has on the site: see `rewrites`.
  if (path.startsWith("docs/")) return link.replace("README.md", "index.md");
  // Relative, since VitePress adds the base of the site to links of its own pages only.
  if (path.startsWith("bench/report")) return relative(dirname(page), resolve(root, "docs", report));
  return `${repository}/${path}`;
}

export function addRepository(markdown: MarkdownRenderer): void {
  markdown.core.ruler.after("inline", "repository", (state) => {
    const page = originalOf(state.env.realPath ?? state.env.path);
    for (const [index, { type, children, content }] of state.tokens.entries()) {
      if (type === "html_block" && content.includes("bench/report/speed-")) {
        const alt = /alt="([^"]*)"/.exec(content)?.[1];
        state.tokens[index].content = `<SpeedChart alt="${alt}" />\n`;
      }
      if (type !== "inline" || !children) continue;
      for (const link of children) {
        const href = link.type === "link_open" && link.attrGet("href");
        if (!href) continue;
        const target = targetOf(href, page);
        link.attrSet("href", target);
        if (target.endsWith(report)) link.attrSet("target", "_self");
      }
    }
  });

  const fence = markdown.renderer.rules.fence;
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index];
    if (info.trim() === "mermaid") return `<Diagram code="${encodeURIComponent(content)}" />`;
    return fence?.(tokens, index, ...rest) ?? "";
  };
  // An indented block looks as a fenced one, and scrolls in itself.
  markdown.renderer.rules.code_block = markdown.renderer.rules.fence;
}
