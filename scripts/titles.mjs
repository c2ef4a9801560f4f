// The titles of the tests in a file, read from its syntax tree.

import { extname } from "node:path";
import ts from "typescript";

/** The placeholders of vitest's `each` and `for` in a title: printf's, `%#`, `$0` and `$name`. */
const placeholder = /(%[sdifjoOc#$]|\$[\w.#]+)/;

/** The same, and the expressions of template literals. */
const placeholders = /%[sdifjoOc#$]|\$[\w.#]+|\$\{.*?\}/;

/** Returns the chain of names of a callee: `["describe", "skipIf", "each"]` of `describe.skipIf(x).each(y)`. */
function namesOf(callee) {
  if (ts.isIdentifier(callee)) return [callee.text];
  if (ts.isPropertyAccessExpression(callee)) return [...namesOf(callee.expression), callee.name.text];
  if (ts.isCallExpression(callee)) return namesOf(callee.expression);
  return [];
}

/** Returns the parts of a title: literal text at even positions, and the source of a placeholder at odd ones. */
function partsOf(title, names) {
  if (ts.isTemplateExpression(title)) {
    const texts = [title.head, ...title.templateSpans.map(({ literal }) => literal)].map(({ text }) => text);
    return texts.flatMap((text, index) =>
      index === 0 ? [text] : [`\${${title.templateSpans[index - 1].expression.getText()}}`, text],
    );
  }
  return names.includes("each") || names.includes("for") ? title.text.split(placeholder) : [title.text];
}

/**
 * Reads a test file. Returns `titles` with `line`, `parts` and `inside`, the index of the title of the group around it,
 * and `values`, the texts in the file that a placeholder may stand for.
 */
export function readTitles(file, source) {
  const kind = extname(file).endsWith("ts") ? ts.ScriptKind.TS : ts.ScriptKind.JS;
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, kind);
  const titles = [];
  const values = new Set();
  function visit(node, inside) {
    const [title] = ts.isCallExpression(node) ? node.arguments : [];
    if (title && (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title))) {
      const names = namesOf(node.expression);
      if (["describe", "test", "it"].includes(names[0])) {
        const line = tree.getLineAndCharacterOfPosition(title.getStart()).line + 1;
        const index = titles.push({ line, parts: partsOf(title, names), inside }) - 1;
        for (const argument of node.arguments.slice(1)) visit(argument, index);
        visit(node.expression, inside);
        return;
      }
    }
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) values.add(node.text);
    if (ts.isPropertyAssignment(node)) values.add(node.name.getText());
    ts.forEachChild(node, (child) => visit(child, inside));
  }
  visit(tree);
  return { titles, values };
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether `text` is the title with these parts: with its placeholders, or with one of `values` in place of each. */
function isTitle(text, parts, values) {
  const pattern = parts.map((part, index) => (index % 2 === 0 ? escaped(part) : "(.*?)")).join("");
  const filled = new RegExp(`^${pattern}$`, "s").exec(text)?.slice(1);
  return filled?.every((value, index) => {
    const source = parts[2 * index + 1];
    // An expression may add nothing, such as the reason of a skipped test.
    return value === source || values.has(value) || (value === "" && source.startsWith("${"));
  });
}

/** Whether a test file has the test or group at `path`: the titles of the groups around it, and its own. */
export function hasTest({ titles, values }, path) {
  let groups = [undefined];
  for (const text of path) {
    groups = [...titles.keys()].filter((index) => {
      const { parts, inside } = titles[index];
      return groups.includes(inside) && isTitle(text, parts, values);
    });
  }
  return groups.length > 0;
}

/** Returns the source of a regular expression for the full name of the tests at `path`, for vitest's option `-t`. */
export const patternOf = (path) =>
  path.map((text) => text.split(placeholders).map(escaped).join(".*")).join(" ");
