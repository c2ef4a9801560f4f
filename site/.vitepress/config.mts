// The site: the pages of docs/ and of the API, which scripts/docs.mjs puts into out/pages before it builds the site.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DefaultTheme, defineConfig } from "vitepress";
import { hero } from "./landing.mjs";
import { addRepository } from "./repository.mjs";
import { search } from "./search.mjs";

const pages = fileURLToPath(new URL("../../out/pages", import.meta.url));

/** The heading of a page. */
function titleOf(page: string): string {
  return /^# (.+)$/m.exec(readFileSync(join(pages, page), "utf8"))?.[1] ?? page;
}

const item = (page: string): DefaultTheme.SidebarItem => ({
  text: titleOf(page),
  link: `/${page.replace(/README\.md$/, "").replace(/\.md$/, "")}`,
});

const named = (names: string) =>
  names
    .split(/\s+/)
    .map((name) => `${name}.md`)
    .filter((page) => existsSync(join(pages, page)));
const chapters = readdirSync(join(pages, "guide"))
  .filter((file) => /^(\d.*|concepts)\.md$/.test(file))
  .map((file) => join("guide", file));
const howTos = named(
  "lost-messages secure-a-server graceful-shutdown back-pressure peers statistics streams observability command testing-your-code deployment troubleshooting gotchas",
);
const frameworks = readdirSync(join(pages, "frameworks")).map((file) => join("frameworks", file));
const choosing = named("comparison what-users-ask-for migrating");
const contributing = named("architecture boundary building testing");
const listed = [...howTos, ...choosing, ...contributing, "README.md", "frameworks.md"];
const reference = readdirSync(pages).filter((file) => file.endsWith(".md") && !listed.includes(file));

/** The API, the main entry point first, each by the name that programs import. */
function apiItems(): DefaultTheme.SidebarItem[] {
  const modules: DefaultTheme.SidebarItem[] = JSON.parse(
    readFileSync(join(pages, "api/typedoc-sidebar.json"), "utf8"),
  );
  const names = {
    index: "zmq-native",
    draft: "zmq-native/draft",
    streams: "zmq-native/streams",
    opentelemetry: "zmq-native/opentelemetry",
    inspector: "zmq-native/inspector",
    "v5-compat": "zmq-native/v5-compat",
  };
  return Object.entries(names).map(([name, text]) => ({
    ...modules.find((module) => module.text === name),
    text,
    collapsed: name !== "index",
  }));
}

export default defineConfig({
  title: "zmq-native",
  description: "ZeroMQ for Node.js: libzmq as a native addon with a typed, promise-based API",
  lang: "en",
  srcDir: "../out/pages",
  outDir: "../out/site",
  cleanUrls: false,
  rewrites: { "README.md": "index.md", "guide/README.md": "guide/index.md" },
  // The report is copied beside the pages afterwards.
  ignoreDeadLinks: [/(^|\/)report\/index/],
  markdown: {
    config(markdown) {
      addRepository(markdown);
      // Vue would evaluate `{{count}}` in inline code. VitePress prevents that in blocks of code only.
      markdown.core.ruler.push("inline-code-is-text", ({ tokens }) => {
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          if (token.type === "code_inline") token.attrSet("v-pre", "");
        }
      });
    },
    // The default themes have less contrast than WCAG requires for text (4.5).
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    // By default, a line that takes longer than half a second loses its colors, such as the first one on a busy machine.
    shikiSetup: (highlighter) => {
      const { codeToHtml } = highlighter;
      highlighter.codeToHtml = (code, options) => codeToHtml(code, { ...options, tokenizeTimeLimit: 0 });
    },
  },
  transformPageData: (page) => (page.relativePath === "index.md" ? { frontmatter: hero } : undefined),
  transformHead: ({ siteData }) => [["link", { rel: "icon", href: `${siteData.base}icon.svg` }]],
  themeConfig: {
    search: { provider: "local", options: search },
    outline: { level: [2, 3] },
    nav: [
      { text: "Guide", link: "/guide/", activeMatch: "^/guide/" },
      { text: "API", link: "/api/", activeMatch: "^/api/(?!options)" },
      { text: "Options", link: "/api/options" },
      { text: "Migration", link: "/migrating" },
      { text: "Benchmarks", link: "/report/index.html", target: "_self" },
    ],
    socialLinks: [{ icon: "github", link: "https://github.com/zmq-native/zmq-native" }],
    sidebar: {
      "/": [
        { text: "Guide", link: "/guide/", items: chapters.map(item) },
        { text: "How-tos", items: howTos.map(item) },
        { ...item("frameworks.md"), items: frameworks.map(item) },
        { text: "Choosing and migrating", items: choosing.map(item) },
        { text: "Reference", items: [{ text: "API reference", link: "/api/" }, ...reference.map(item)] },
        { text: "Contributing", items: contributing.map(item) },
      ],
      "/api/": [
        { text: "API reference", link: "/api/", items: [{ text: "Socket options", link: "/api/options" }] },
        ...apiItems(),
        { text: "Documentation", items: [{ text: "Guide", link: "/guide/" }, ...howTos.map(item)] },
      ],
    },
  },
});
