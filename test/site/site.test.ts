// Checks the site that `npm run docs` has built, in a browser: every page, at the width of a desktop and of a phone.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = join(__dirname, "../..");
const site = join(root, "out/site");
const driver = join(root, "site/node_modules/puppeteer-core");
const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browserPath = browsers.find((path) => existsSync(path));

function whyNot(): string | undefined {
  if (!existsSync(join(site, "index.html")) || !existsSync(driver))
    return "the site is not built: npm run docs";
  if (!browserPath) return "there is no browser: apt-get install chromium";
  return undefined;
}
const missing = whyNot();
if (missing) console.warn(`SKIPPED: ${missing}`);

/** The part of puppeteer-core that this test uses. It is a dependency of the site, not of the project. */
interface Page {
  goto(url: string, options: { waitUntil: string }): Promise<{ status(): number } | null>;
  on(event: string, listener: (argument: never) => void): void;
  setViewport(size: { width: number; height: number }): Promise<void>;
  evaluate<T>(script: string): Promise<T>;
  click(selector: string): Promise<void>;
  type(selector: string, text: string): Promise<void>;
  waitForSelector(selector: string): Promise<unknown>;
  close(): Promise<void>;
}
interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

const apiPages = [
  ...["index", "options", "index/index", "index/classes/Push", "index/interfaces/OperationOptions"],
  ...[
    "index/functions/curveKeyPair",
    "index/type-aliases/SocketOptions",
    "draft/classes/Peer",
    "v5-compat/classes/Socket",
  ],
].map((name) => `api/${name}.html`);
const pages = missing
  ? []
  : readdirSync(site, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".html"))
      // typedoc generates similar pages, so one page of each kind is tested.
      .filter((file) => !file.startsWith("api/") || apiPages.includes(file));

/** In a page: the labels of diagrams that are larger than their boxes. */
const clippedLabels = `[...document.querySelectorAll(".diagram foreignObject")].flatMap((box) => {
  const label = box.firstElementChild?.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  return label && (label.width > width + 1.5 || label.height > height + 1.5) ? [box.textContent] : [];
})`;

describe.skipIf(missing)(`the site${missing ? ` (${missing})` : ""}`, () => {
  let server: Server;
  let origin: string;
  let browser: Browser;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url as string, "http://localhost").pathname);
      const file = join(site, path.endsWith("/") ? `${path}index.html` : path);
      if (!existsSync(file)) return response.writeHead(404).end();
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
      response.end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const puppeteer = createRequire(__filename)(driver);
    browser = await puppeteer.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  /** Opens a page and collects its errors. */
  async function open(path: string) {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message: { type(): string; text(): string }) => {
      if (["error", "warn"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error: Error) => complaints.push(error.message));
    page.on("requestfailed", (request: { url(): string }) => complaints.push(`failed: ${request.url()}`));
    page.on("response", (response: { status(): number; url(): string }) => {
      if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
    });
    await page.setViewport({ width: 1280, height: 900 });
    const response = await page.goto(`${origin}/${path}`, { waitUntil: "networkidle0" });
    return { page, complaints, status: response?.status() };
  }

  const links = new Map<string, string>();
  // Several pages at once: a page counts as loaded when the network has been idle for half a second.
  test.concurrent.each(pages.filter((path) => path !== "404.html"))(
    "%s has no errors, clipped diagrams or sideways scrolling",
    async (path) => {
      const { page, complaints, status } = await open(path);
      expect({ status, complaints }).toEqual({ status: 200, complaints: [] });
      expect(await page.evaluate<number>("document.querySelectorAll('.diagram:empty').length")).toBe(0);
      for (const width of [1280, 390]) {
        await page.setViewport({ width, height: 900 });
        // No element makes the page scroll sideways.
        expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(
          width,
        );
        expect({ width, clipped: await page.evaluate<string[]>(clippedLabels) }).toEqual({
          width,
          clipped: [],
        });
      }
      for (const link of await page.evaluate<string[]>("[...document.links].map(({ href }) => href)")) {
        if (link.startsWith(origin)) links.set(link, path);
      }
      await page.close();
    },
  );

  test("every link within the site leads to an existing page and heading", () => {
    const broken = [...links].filter(([link]) => {
      const { pathname, hash } = new URL(link);
      const file = join(
        site,
        decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname),
      );
      if (!existsSync(file)) return true;
      return (
        hash.length > 1 &&
        !pathname.startsWith("/api/") &&
        !readFileSync(file, "utf8").includes(`id="${decodeURIComponent(hash.slice(1))}"`)
      );
    });
    expect(broken).toEqual([]);
    expect(links.size).toBeGreaterThan(50);
  });

  test("the landing page has the install line, README's program and the chart", async () => {
    const { page, complaints } = await open("index.html");
    const blocks = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.vp-doc pre')].map(({ textContent }) => textContent.trimEnd())",
    );
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [install, program, output] = [
      /^ {4}(npm install .*)$/m,
      /```js\n([\s\S]*?)\n```/,
      /```console\n([\s\S]*?)\n```/,
    ].map((block) => block.exec(readme)?.[1]);
    expect(install).toBe("npm install zmq-native");
    expect(blocks.slice(0, 3)).toEqual([install, program, output]);
    // Shiki's time limit for a line would take the colors from the first one on a busy machine.
    const colors = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.vp-doc .language-js pre .line')].slice(0, 2).map((line) => line.querySelector('span').style.getPropertyValue('--shiki-light'))",
    );
    expect(colors[1]).not.toBe(colors[0]);
    const shown = "[...document.querySelectorAll('img.speed')].filter((image) => image.checkVisibility())";
    expect(await page.evaluate<string[]>(`${shown}.map(({ src }) => src)`)).toEqual([
      `${origin}/report/speed-light.svg`,
    ]);
    expect(await page.evaluate<number>(`${shown}[0].naturalWidth`)).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test.each([
    ["a concept of the guide", "slow joiner", /^\/guide\//],
    ["a class", "XPublisher", /^\/api\/index\/classes\/XPublisher/],
    ["a method", "sendMany", /^\/api\/index\/interfaces\/WritableSocket/],
    ["an option", "sendHighWaterMark", /^\/api\/options\.html#sendhighwatermark/],
  ])("one search finds %s", async (_, words, expected) => {
    const { page, complaints } = await open("guide/index.html");
    await page.click(".VPNavBarSearch button");
    await page.waitForSelector("#localsearch-input");
    await page.type("#localsearch-input", words);
    await page.waitForSelector(".VPLocalSearchBox .result");
    const found = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.VPLocalSearchBox a.result')].map((link) => link.pathname + link.hash)",
    );
    expect(found.slice(0, 5)).toContainEqual(expect.stringMatching(expected));
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("shows each program of the guide once", async () => {
    const { page } = await open("guide/04-context-and-exit.html");
    const blocks = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.vp-doc .language-ts pre')].map(({ textContent }) => textContent.trimEnd())",
    );
    const source = readFileSync(join(root, "docs/guide/04-context-and-exit.md"), "utf8");
    const programs = [...source.matchAll(/```ts\n([\s\S]*?)\n```/g)].map(([, program]) => program);
    expect(blocks).toEqual(programs);
    await page.close();
  });

  test("the pages of classes list the errors of each method under one heading", async () => {
    const { page } = await open("api/index/classes/Push.html");
    const sections = await page.evaluate<
      string[]
    >(`[...document.querySelectorAll(".vp-doc :is(h3, h4, h5)")].map((heading) => (
      heading.firstChild.textContent.trim() + " " + heading.nextElementSibling?.tagName))`);
    expect(sections).toContain("Throws UL");
    const repeated = sections.filter(
      (section, index) => /^Throws/.test(section) && /^Throws/.test(sections[index - 1]!),
    );
    expect(repeated).toEqual([]);
    await page.close();
  });

  test("the pages of classes link to the guide and to the options", async () => {
    const { page } = await open("api/index/classes/Push.html");
    const found = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.vp-doc a')].map((link) => link.pathname)",
    );
    expect(found).toEqual(expect.arrayContaining(["/guide/03-divide-and-conquer.html", "/api/options.html"]));
    await page.close();
  });

  test("the report shows a chart before any table, also at the width of a phone", async () => {
    const { page } = await open("report/index.html");
    for (const width of [1280, 390]) {
      await page.setViewport({ width, height: 900 });
      const sizes = await page.evaluate<{ charts: number; text: number; before: boolean }>(`(() => {
        const visible = [...document.querySelectorAll("svg")].filter((chart) => chart.checkVisibility());
        const heights = visible.flatMap((chart) => [...chart.querySelectorAll("text")]).map((text) => text.getBoundingClientRect().height);
        const first = document.querySelector("table").compareDocumentPosition(visible[0]);
        return { charts: visible.length, text: Math.min(...heights.filter(Boolean)), before: Boolean(first & 2) };
      })()`);
      expect(sizes).toMatchObject({ charts: expect.any(Number), before: true });
      // CSS pixels: smaller text is hard to read.
      expect(sizes.text).toBeGreaterThan(10);
    }
    await page.close();
  });

  test("the report shows figures with prefixes together with their units", async () => {
    const { page } = await open("report/index.html");
    const cells = await page.evaluate<string[]>(
      "[...document.querySelectorAll('td, svg text')].map(({ textContent }) => textContent)",
    );
    expect(cells.length).toBeGreaterThan(500);
    expect(cells.filter((text) => /\d (?:m|µ|n)(?: |\)|$)|e[+-]\d/.test(text))).toEqual([]);
    await page.close();
  });

  test.each(["light", "dark"])(
    "text in code blocks has a contrast of at least 4.5 in the %s theme",
    async (theme) => {
      const { page } = await open("lost-messages.html");
      // Without transitions, so that the colors are final at once.
      await page.evaluate(`document.head.append(Object.assign(document.createElement("style"), { textContent: "* { transition: none !important }" }));
        document.documentElement.classList.toggle("dark", ${theme === "dark"})`);
      const low = await page.evaluate<string[]>(`(() => {
      const luminance = (color) => {
        const [r, g, b] = color.match(/[\\d.]+/g).map((value) => value / 255)
          .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      return [...document.querySelectorAll("div[class*=language-]")].flatMap((block) => {
        const background = luminance(getComputedStyle(block).backgroundColor);
        return [...block.querySelectorAll("span")].filter((span) => span.childElementCount === 0 && span.textContent.trim()).flatMap((span) => {
          const text = luminance(getComputedStyle(span).color);
          const contrast = (Math.max(text, background) + 0.05) / (Math.min(text, background) + 0.05);
          return contrast < 4.5 ? [span.textContent + ": " + contrast.toFixed(2)] : [];
        });
      });
    })()`);
      expect(low).toEqual([]);
      await page.close();
    },
  );

  test("the user can change the theme", async () => {
    const { page, complaints } = await open("guide/index.html");
    const dark = "document.documentElement.classList.contains('dark')";
    const before = await page.evaluate<boolean>(dark);
    await page.evaluate("document.querySelector('.VPSwitchAppearance').click()");
    expect(await page.evaluate<boolean>(dark)).toBe(!before);
    // The report has the same theme.
    await page.goto(`${origin}/report/index.html`, { waitUntil: "load" });
    const background = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    expect(background).toBe(before ? "rgb(255, 255, 255)" : "rgb(13, 17, 23)");
    expect(complaints).toEqual([]);
    await page.close();
  });
});
