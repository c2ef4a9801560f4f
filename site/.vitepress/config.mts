// The site: the pages of docs/, in the order in which they are read. scripts/docs.mjs builds it.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DefaultTheme, defineConfig } from "vitepress";
import { addRepository } from "./repository.mjs";

const docs = fileURLToPath(new URL("../../docs", import.meta.url));

/** The heading of a page. */
function titleOf(page: string): string {
  return /^# (.+)$/m.exec(readFileSync(join(docs, page), "utf8"))?.[1] ?? page;
}

const item = (page: string): DefaultTheme.SidebarItem => ({
  text: titleOf(page),
  link: `/${page.replace(/README\.md$/, "").replace(/\.md$/, "")}`,
});

const chapters = readdirSync(join(docs, "guide")).filter((file) => /^(\d.*|concepts)\.md$/.test(file));
const use = ["migrating.md", "gotchas.md", "transports.md", "multicast.md", "performance.md", "platforms.md"];
const within = ["architecture.md", "boundary.md", "building.md", "testing.md"];
const others = readdirSync(docs).filter(
  (file) => file.endsWith(".md") && ![...use, ...within, "README.md"].includes(file),
);
const present = (pages: string[]) => pages.filter((page) => existsSync(join(docs, page))).map(item);

export default defineConfig({
  title: "zmq-native",
  description: "ZeroMQ for Node.js: libzmq behind a typed TypeScript facade",
  lang: "en",
  head: [["link", { rel: "icon", href: "/icon.svg" }]],
  srcDir: "../docs",
  outDir: "../out/site",
  cleanUrls: false,
  rewrites: { "README.md": "index.md", "guide/README.md": "guide/index.md" },
  // Made by typedoc and by the benchmark, and put beside the pages afterwards.
  ignoreDeadLinks: [/^\/(api|report)\//],
  markdown: { config: addRepository },
  themeConfig: {
    search: { provider: "local" },
    outline: { level: [2, 3] },
    nav: [
      { text: "Guide", link: "/guide/" },
      { text: "Migrating", link: "/migrating" },
      { text: "API", link: "/api/index.html", target: "_self" },
      { text: "Performance", link: "/report/index.html", target: "_self" },
    ],
    sidebar: [
      { text: "The guide", link: "/guide/", items: chapters.map((file) => item(join("guide", file))) },
      { text: "Use", items: present([...use, ...others]) },
      { text: "Within", items: present(within) },
    ],
  },
});
