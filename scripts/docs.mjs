// Builds the documentation as a site in out/site. VitePress renders the pages of docs/ and those that typedoc makes of the API.
// The report of the benchmarks is copied unchanged.

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "./command_line.mjs";
import { installPackages } from "./packages.mjs";
import { shown, step } from "./step.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const site = join(root, "site");
const flags = command("npm run docs --", "Builds the documentation as a site in out/site.")
  .option("--base <path>", "the path of the site on its server, such as /zmq-native/", "/")
  .option("--serve", "serve the site on a local port afterwards")
  .parse()
  .opts();

installPackages(site);

const out = join(root, "out/site");
const pages = join(root, "out/pages");
for (const folder of [out, pages]) rmSync(folder, { recursive: true, force: true });
cpSync(join(root, "docs"), pages, { recursive: true });
const typedoc = join(root, "node_modules/typedoc/bin/typedoc");
step("typedoc", process.execPath, [typedoc, "--logLevel", "Warn"], shown);
cpSync(join(site, "typedoc/index.md"), join(pages, "api/index.md"));
const vitepress = join(site, "node_modules/vitepress/bin/vitepress.js");
const base = flags.base ? ["--base", flags.base] : [];
step("VitePress", process.execPath, [vitepress, "build", site, ...base], shown);
cpSync(join(site, "icon.svg"), join(out, "icon.svg"));
const mermaid = join(site, "node_modules/mermaid/dist");
for (const part of ["mermaid.esm.min.mjs", "chunks/mermaid.esm.min"]) {
  cpSync(join(mermaid, part), join(out, "mermaid", part), {
    recursive: true,
    filter: (source) => !source.endsWith(".map"),
  });
}
cpSync(join(root, "bench/report"), join(out, "report"), { recursive: true });
// The report stands alone in the repository. On the site it leads back to the other pages.
const report = join(out, "report/index.html");
const targets = {
  ...{ "zmq-native": "index", Guide: "guide/index", API: "api/index", Options: "api/options" },
  ...{ Migration: "migrating", Performance: "performance" },
};
const links = Object.entries(targets).map(([name, page]) => `<a href="../${page}.html">${name}</a>`);
// The theme that the reader has chosen on the other pages.
const theme = `<script>document.documentElement.className = localStorage.getItem("vitepress-theme-appearance");</script>`;
const page = readFileSync(report, "utf8")
  .replace("</head>", `${theme}</head>`)
  .replace("<h1>", `<nav>${links.join("")}</nav>\n<h1>`);
writeFileSync(report, page);
console.log(`built: ${join(out, "index.html")}`);

if (flags.serve) step("showing the site", process.execPath, [vitepress, "preview", site, ...base], shown);
