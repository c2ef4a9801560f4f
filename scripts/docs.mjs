// Builds the documentation as a site in out/site: the pages by VitePress, the interface by typedoc, the benchmarks' report.

import { cpSync, existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { command } from "./command_line.mjs";
import { run } from "./terminal.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const site = join(root, "site");
const flags = command("npm run docs --", "Builds the documentation as a site in out/site.")
  .option("--serve", "then show it at a port of this machine")
  .parse()
  .opts();

const shown = true;

// The generator is large, and only needed here: a package of its own, installed the first time.
const installed = join(site, "node_modules/.package-lock.json");
const lock = join(site, "package-lock.json");
if (!existsSync(installed) || statSync(lock).mtimeMs > statSync(installed).mtimeMs) {
  console.log("installing the site's packages");
  const install = ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  run("npm", install, { what: "installing the site's packages", cwd: site, shown });
}

const out = join(root, "out/site");
rmSync(out, { recursive: true, force: true });
const vitepress = join(site, "node_modules/vitepress/bin/vitepress.js");
run(process.execPath, [vitepress, "build", site], { what: "VitePress", shown });
const typedoc = join(root, "node_modules/typedoc/bin/typedoc");
run(process.execPath, [typedoc, "--logLevel", "Warn"], { what: "typedoc", shown });
cpSync(join(site, "icon.svg"), join(out, "icon.svg"));
const mermaid = join(site, "node_modules/mermaid/dist");
for (const part of ["mermaid.esm.min.mjs", "chunks/mermaid.esm.min"]) {
  cpSync(join(mermaid, part), join(out, "mermaid", part), {
    recursive: true,
    filter: (source) => !source.endsWith(".map"),
  });
}
cpSync(join(root, "bench/report"), join(out, "report"), { recursive: true });
console.log(`built: ${join(out, "index.html")}`);

if (flags.serve) run(process.execPath, [vitepress, "preview", site], { what: "showing the site", shown });
