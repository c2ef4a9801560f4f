// A plugin of typedoc: groups the options of each class by purpose, links each class to its chapter of the guide and to the
// options, shortens the pages, and writes the page of all options.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommentTag, Converter, ReflectionKind } from "typedoc";
import { MarkdownPageEvent } from "typedoc-plugin-markdown";
import { chapters, purposes } from "./purposes.mjs";

const purposeOf = new Map(purposes.flatMap((purpose) => purpose.options.map((name) => [name, purpose])));
const isOption = ({ name, sources }) =>
  sources?.[0]?.fileName.includes("options/tables/") || purposeOf.has(name);
const kinds = ReflectionKind.Property | ReflectionKind.Accessor;
const classes = (project) =>
  project
    .getReflectionsByKind(ReflectionKind.Class)
    .filter(({ parent }) => parent?.name === "index" || parent?.name === "draft");

const forDerived = "Methods for derived classes";

/** The group of an option, and of a method that reads or writes one by number. Undefined for other members. */
function groupOf(member) {
  if (member.kindOf(ReflectionKind.Method) && /^[gs]et\w+Option$/.test(member.name)) return forDerived;
  if (!member.kindOf(ReflectionKind.Property) || !isOption(member)) return undefined;
  const purpose = purposeOf.get(member.name);
  if (!purpose) throw new Error(`site/typedoc/purposes.mjs has no purpose for the option ${member.name}`);
  return `Options: ${purpose.title}`;
}

/** Sets the groups, before typedoc groups the members of classes. */
function group({ project }) {
  for (const owner of classes(project)) {
    for (const member of owner.children) {
      const text = groupOf(member);
      for (const { comment } of text ? [member, ...(member.signatures ?? [])] : [])
        comment?.blockTags.push(new CommentTag("@group", [{ kind: "text", text }]));
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
      .map(
        ({ tag, content }) => `${tag === "@throws" ? "Throws" : tag} ${textOf(content).replace(/^- /, "")}`,
      ),
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
    `Type: ${typeOf(member(first))}. On: ${sockets.length > 0 ? ownersOf(name, project, sockets) : linkTo(context)}.`,
    describe(member(first)),
    ...(also ? [`On a ${linkTo(context)}: ${describe(member(context))}`] : []),
  ].join("\n\n");
}

/** The heading of a page. */
const titleOf = (file) => /^# (.+)$/m.exec(readFileSync(file, "utf8"))[1];
const guides = fileURLToPath(new URL("../../docs", import.meta.url));

/** A link to a page of the site by its heading. */
const linkToPage = (page) => `[${titleOf(join(guides, `${page}.md`))}](../${page}.md)`;

function optionsPage(project) {
  const owners = classes(project);
  const known = new Set(owners.flatMap(({ children }) => children.map(({ name }) => name)));
  const groups = purposes.map(({ title, about, page, options }) => {
    const unknown = options.filter((name) => !known.has(name));
    if (unknown.length > 0) throw new Error(`site/typedoc/purposes.mjs: no class has ${unknown.join(", ")}`);
    return [
      `## ${title}`,
      `${about} See also: ${linkToPage(page)}.`,
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

/** Classes of which readers ask why messages are lost. */
const dropping = ["Publisher", "Subscriber", "XPublisher", "XSubscriber", "Router", "Radio", "Dish"];

/** Edits a page. Below the title of a class: its chapter of the guide, and the page of options. */
function edit(page) {
  linkPages(page);
  nameModule(page);
  shorten(page);
  const name = page.model?.name;
  const chapter = Object.keys(chapters).find((chapter) => chapters[chapter].includes(name));
  if (!chapter || page.model.kind !== ReflectionKind.Class || page.model.parent.name === "v5-compat") return;
  const lost = dropping.includes(name) ? " Why [messages are lost](../../../lost-messages.md)." : "";
  const links = `Introduced in [the guide](../../../guide/${chapter}.md). All [options by purpose](../../options.md).${lost}`;
  page.contents = page.contents.replace(/^# .+$/m, (title) => `${title}\n\n${links}`);
}

/** The sections "Throws" that follow each other. */
const throwing = /(?:^(#{2,6} Throws)\n\n(?:(?!#{1,6} |\*\*\*$).*\n)*)+/gm;

/**
 * Half the length of a class's page: the errors of a method are one list instead of a section each, and what takes a line is not
 * a section.
 */
function shorten(page) {
  page.contents = page.contents
    .replace(throwing, (sections, heading) => {
      const errors = sections.split(`${heading}\n\n`).slice(1);
      const list = errors.map((error) => `- ${error.trim().replaceAll("\n", "\n  ")}`);
      return `${heading}\n\n${list.join("\n")}\n\n`;
    })
    // The signature shows the type, too.
    .replace(/^#{2,6} Returns\n\n`.+\n\n(?=#|\*\*\*$|$(?![\s\S]))/gm, "")
    .replace(/^#{3,6} (Inherited from|Overrides|Implementation of)\n\n(.+)$/gm, "$1 $2")
    // The tables of options: the pages have their rows.
    .replace(/^- (?:`Readonly`\\<)?`Values`.+\n/gm, "");
  if (page.model?.name === "Socket") return;
  const all = `[Socket](${page.url.startsWith("index/") ? "" : "../../index/classes/"}Socket.md#methods-for-derived-classes)`;
  page.contents = page.contents.replace(
    new RegExp(`^(## ${forDerived}\n\n)[\\s\\S]*?(?=^## |$(?![\\s\\S]))`, "m"),
    `$1The methods that read and write options by number are those of ${all}.\n`,
  );
}

/** Links the pages that docstrings name, such as docs/transports.md, by their titles. */
function linkPages(page) {
  const up = "../".repeat(page.url.split("/").length);
  page.contents = page.contents.replace(
    /(?<![\w/])docs\/([\w-]+)\.md/g,
    (_, name) => `[${titleOf(join(guides, `${name}.md`))}](${up}${name}.md)`,
  );
}

/** Titles an entry point by the name that programs import. */
function nameModule(page) {
  if (page.model?.kind !== ReflectionKind.Module) return;
  const name = page.model.name === "index" ? "zmq-native" : `zmq-native/${page.model.name}`;
  page.contents = page.contents.replace(/^# .+$/m, `# ${name}`);
}

export function load(app) {
  // Before the listeners that make the groups.
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, group, 100);
  app.renderer.on(MarkdownPageEvent.END, edit);
  app.renderer.postRenderAsyncJobs.push(async ({ outputDirectory, project }) =>
    writeFileSync(join(outputDirectory, "options.md"), optionsPage(project)),
  );
}
