// The search over the guide, the other pages and the API.

import type { DefaultTheme, MarkdownEnv, MarkdownRenderer } from "vitepress";

/** Without what each class repeats: inherited members, and options, which have a page of their own. */
function withoutRepetitions(source: string): string {
  return source
    .replace(/^## Options: [\s\S]*?(?=^## |$(?![\s\S]))/gm, "")
    .split(/^(?=#{2,3} )/m)
    .filter((section) => !/^Inherited from /m.test(section))
    .join("");
}

export const search: DefaultTheme.LocalSearchOptions = {
  detailedView: false,
  miniSearch: {
    searchOptions: {
      fuzzy: 0.2,
      prefix: true,
      boost: { title: 4, text: 2, titles: 1 },
      // A page that explains a subject comes before the API page of its class.
      boostDocument: (id: string) => (/\/api\/(?!options)/.test(id) ? 0.7 : 1),
    },
  },
  _render(source: string, env: MarkdownEnv, markdown: MarkdownRenderer) {
    const isClass = /^api\/.*\/(classes|interfaces)\//.test(env.relativePath);
    return markdown.render(isClass ? withoutRepetitions(source) : source, env);
  },
};
