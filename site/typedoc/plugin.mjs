// A plugin of typedoc: groups the options of each class by purpose, links each class to its chapter of the guide and to the
// options, and writes the page of all options.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CommentTag, Converter, ReflectionKind } from "typedoc";
import { MarkdownPageEvent } from "typedoc-plugin-markdown";
import { chapters, purposes } from "./purposes.mjs";

const purposeOf = new Map(purposes.flatMap((purpose) => purpose.options.map((name) => [name, purpose])));
const isOption = ({ name, sources }) =>
  sources?.[0]?.fileName.endsWith("options/table.ts") || purposeOf.has(name);
const kinds = ReflectionKind.Property | ReflectionKind.Accessor;
const classes = (project) =>
  project
    .getReflectionsByKind(ReflectionKind.Class)
    .filter(({ parent }) => parent?.name === "index" || parent?.name === "draft");

/** The group of each option, before typedoc groups the members of classes. */
function group({ project }) {
  for (const owner of classes(project)) {
    for (const option of owner.children) {
      if (!option.kindOf(ReflectionKind.Property) || !isOption(option)) continue;
      const purpose = purposeOf.get(option.name);
      if (!purpose) throw new Error(`site/typedoc/purposes.mjs has no purpose for the option ${option.name}`);
      const title = [{ kind: "text", text: `Options: ${purpose.title}` }];
      option.comment?.blockTags.push(new CommentTag("@group", title));
    }
  }
}

/** A comment as Markdown: names in links become code. */
function textOf(parts) {
  return parts.map((part) => (part.kind === "inline-tag" ? `\`${part.text.trim()}\`` : part.text)).join("");
}

function describe(member) {
  const comment = member.comment ?? member.getSignature?.comment ?? member.setSignature?.comment;
  return [
    textOf(comment?.summary ?? []),
    ...(comment?.blockTags ?? [])
      .filter(({ tag }) => tag !== "@group")
      .map(({ tag, content }) => `*${tag.slice(1)}*: ${textOf(content).replace(/^- /, "")}`),
  ].join("\n\n");
}

function typeOf(member) {
  const type = member.type ?? member.getSignature?.type ?? member.setSignature?.parameters?.[0]?.type;
  const access =
    member.flags.isReadonly || (member.getSignature && !member.setSignature) ? ", read-only" : "";
  return `\`${type}\`${access}`;
}

const linkTo = (owner) => `[${owner.name}](./${owner.parent.name}/classes/${owner.name}.md)`;

/** Types whose options need no list of classes. */
const common = {
  Socket: "every [socket](./index/classes/Socket.md)",
  Writable: "every socket that [sends](./index/interfaces/Writable.md)",
  Readable: "every socket that [receives](./index/interfaces/Readable.md)",
};

function ownersOf(name, project, owners) {
  const has = (type) =>
    project.getChildByName(`index.${type}`)?.children?.some((child) => child.name === name);
  const type = Object.keys(common).find(has);
  if (type) return common[type];
  const stableFirst = [...owners].sort((a, b) => b.parent.name.localeCompare(a.parent.name));
  return stableFirst.map(linkTo).join(", ");
}

function section(name, project, owners) {
  const member = (owner) => owner.children.find((child) => child.name === name && child.kindOf(kinds));
  const having = owners.filter(member);
  const context = having.find((owner) => owner.name === "Context");
  const sockets = having.filter((owner) => owner !== context);
  const first = sockets.find((owner) => owner.name === "Socket") ?? sockets[0] ?? context;
  const also = context && first !== context;
  return [
    `### ${name}`,
    describe(member(first)),
    `Type: ${typeOf(member(first))}. On ${sockets.length > 0 ? ownersOf(name, project, sockets) : linkTo(context)}.`,
    ...(also ? [`On a ${linkTo(context)}: ${describe(member(context))}`] : []),
  ].join("\n\n");
}

/** A link to a page of the site by its heading. */
function linkToPage(outputDirectory, page) {
  const text = readFileSync(join(dirname(outputDirectory), `${page}.md`), "utf8");
  return `[${/^# (.+)$/m.exec(text)[1]}](../${page}.md)`;
}

function optionsPage(project, outputDirectory) {
  const owners = classes(project);
  const known = new Set(owners.flatMap(({ children }) => children.map(({ name }) => name)));
  const groups = purposes.map(({ title, about, page, options }) => {
    const unknown = options.filter((name) => !known.has(name));
    if (unknown.length > 0) throw new Error(`site/typedoc/purposes.mjs: no class has ${unknown.join(", ")}`);
    return [
      `## ${title}`,
      `${about} See also: ${linkToPage(outputDirectory, page)}.`,
      ...options.map((name) => section(name, project, owners)),
    ];
  });
  return [
    "# Socket options",
    "The options of sockets and contexts, by purpose. Set an option in the constructor, as in `new Push({ sendTimeout: 1000 })`, " +
      "or as a property. Most options apply to later calls of `bind` and `connect` only, so set them first.",
    ...groups.flat(),
    "",
  ].join("\n\n");
}

/** Below the title of a class: its chapter of the guide, and the page of options. */
function addLinks(page) {
  const name = page.model?.name;
  const chapter = Object.keys(chapters).find((chapter) => chapters[chapter].includes(name));
  if (!chapter || page.model.kind !== ReflectionKind.Class || page.model.parent.name === "v5-compat") return;
  const links = `Introduced in [the guide](../../../guide/${chapter}.md). All [options by purpose](../../options.md).`;
  page.contents = page.contents.replace(/^# .+$/m, (title) => `${title}\n\n${links}`);
}

export function load(app) {
  // Before the listeners that make the groups.
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, group, 100);
  app.renderer.on(MarkdownPageEvent.END, addLinks);
  app.renderer.postRenderAsyncJobs.push(async ({ outputDirectory, project }) =>
    writeFileSync(join(outputDirectory, "options.md"), optionsPage(project, outputDirectory)),
  );
}
