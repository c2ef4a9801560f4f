// A topology as a drawing: a box for each program with a line for each socket, and curves for connections. dagre places the
// boxes. The drawing has no background, and follows the light or dark theme of its viewer.

import { graphlib, layout } from "@dagrejs/dagre";
import type { End, Link, Topology } from "./topology.js";
import { cut, widthOf } from "./width.js";

/** Sizes in pixels. A character of a monospaced font has 0.6 of the size of the font. */
const fontSize = 13;
const characterWidth = 0.6 * fontSize;
const lineHeight = 22;
const padding = 12;
const margin = 10;
/** Room for curves and their labels between two columns of boxes. */
const columnGap = 140;
const rowGap = 30;
const longestText = 60;

const style = `
.zmq { font: ${fontSize}px ui-monospace, Menlo, Consolas, monospace; --text: #1f2328; --line: #57606a; --box: #f6f8fa; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { .zmq { --text: #e6edf3; --line: #8b949e; --box: #161b22; --bad: #ff7b72; } }
.zmq text { fill: var(--text); white-space: pre; } .zmq .name { font-weight: bold; }
.zmq rect { fill: var(--box); stroke: var(--line); } .zmq .outside rect { stroke-dasharray: 4 3; }
.zmq path { fill: none; stroke: var(--line); stroke-width: 1.5; } .zmq marker path { fill: var(--line); stroke: none; }
.zmq .bad path { stroke: var(--bad); stroke-dasharray: 4 3; } .zmq .bad text { fill: var(--bad); }
`;

/**
 * Characters that XML does not allow, and those that control a terminal or the direction of text. UTF-8 has no lone surrogates, which
 * are written as U+FFFD, too.
 */
const forbidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffe\uffff]/gu;
const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string) =>
  text.replace(forbidden, "\ufffd").replace(/[&<>"]/g, (character) => entities[character]!);

const shortened = (text: string) => cut(text, longestText);

/** A box with lines of text. */
interface Box {
  readonly id: string;
  readonly outside: boolean;
  readonly lines: readonly string[];
  /** The line of each end that is in the box. */
  readonly ends: ReadonlyMap<string, number>;
}

interface Placed extends Box {
  /** The left upper corner. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const nameOf = (end: End) => ("socket" in end ? `socket ${end.socket}` : `outside ${end.outside}`);

function boxesOf({ programs, links }: Topology): Box[] {
  const boxes = programs.map(({ name, sockets }, index): Box => {
    const lines = [name];
    const ends = new Map<string, number>();
    for (const { key, type, id, bound } of sockets) {
      ends.set(nameOf({ socket: key }), lines.length);
      const [first = "", ...more] = bound;
      lines.push(`${type} ${id}  ${first}`.trimEnd(), ...more.map((endpoint) => `  ${endpoint}`));
    }
    return { id: `program ${index}`, outside: false, lines, ends };
  });
  const outside = new Map<string, Box>();
  for (const end of links.flatMap(({ from, to }) => [from, to])) {
    if (!("outside" in end)) continue;
    const id = nameOf(end);
    outside.set(id, { id, outside: true, lines: [end.outside], ends: new Map([[id, 0]]) });
  }
  return [...boxes, ...outside.values()];
}

function place(
  boxes: readonly Box[],
  links: readonly Link[],
): { placed: Placed[]; width: number; height: number } {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "LR", ranksep: columnGap, nodesep: rowGap, marginx: margin, marginy: margin });
  graph.setDefaultEdgeLabel(() => ({}));
  const boxOf = new Map(boxes.flatMap((box) => [...box.ends.keys()].map((end) => [end, box.id] as const)));
  for (const { id, lines } of boxes) {
    const longest = Math.max(...lines.map((line) => widthOf(shortened(line))));
    const width = Math.ceil(longest * characterWidth) + 2 * padding;
    graph.setNode(id, { width, height: lines.length * lineHeight + padding });
  }
  for (const { from, to } of links) {
    const [a, b] = [boxOf.get(nameOf(from))!, boxOf.get(nameOf(to))!];
    if (a !== b) graph.setEdge(a, b);
  }
  layout(graph);
  const placed = boxes.map((box): Placed => {
    const { x, y, width, height } = graph.node(box.id);
    return { ...box, x: x - width / 2, y: y - height / 2, width, height };
  });
  const { width = 0, height = 0 } = graph.graph();
  return { placed, width, height };
}

const text = (x: number, y: number, content: string, attributes = "") =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${attributes}>${escaped(shortened(content))}</text>`;

function drawBox({ x, y, width, height, lines, outside }: Placed): string {
  const rows = lines.map((line, index) => {
    const baseline = y + padding / 2 + index * lineHeight + lineHeight * 0.7;
    return text(x + padding, baseline, line, index === 0 && !outside ? ' class="name"' : "");
  });
  const frame = `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width}" height="${height}" rx="6"/>`;
  return `<g${outside ? ' class="outside"' : ""}>${frame}${rows.join("")}</g>`;
}

/** The point where the curve of an end begins: the border of its box, at its line. */
function anchor(end: End, placed: readonly Placed[], right: boolean): { x: number; y: number } {
  const name = nameOf(end);
  const box = placed.find(({ ends }) => ends.has(name))!;
  const line = box.ends.get(name)!;
  return {
    x: right ? box.x + box.width : box.x,
    y: box.y + padding / 2 + line * lineHeight + lineHeight / 2,
  };
}

function drawLink(link: Link, placed: readonly Placed[]): string {
  const { from, to, endpoint, connections, trouble } = link;
  const [left, target] = [anchor(from, placed, false), anchor(to, placed, false)];
  // Within a box or column, the curve leaves and arrives at the right border.
  const [fromRight, toRight] = [target.x >= left.x, target.x <= left.x];
  const start = anchor(from, placed, fromRight);
  const end = anchor(to, placed, toRight);
  const bend = Math.max(columnGap / 3, Math.abs(end.x - start.x) / 2);
  const first = start.x + (fromRight ? bend : -bend);
  const second = end.x + (toRight ? bend : -bend);
  const points = [start.x, start.y, first, start.y, second, end.y, end.x, end.y].map((value) =>
    value.toFixed(1),
  );
  const [x1, y1, ...curve] = points;
  const label = trouble ?? (connections > 1 ? `${connections} connections` : "");
  const middle = { x: (start.x + 3 * first + 3 * second + end.x) / 8, y: (start.y + end.y) / 2 - 5 };
  return [
    `<g${trouble === undefined ? "" : ' class="bad"'}><title>${escaped(`${endpoint} ${label}`.trim())}</title>`,
    `<path d="M${x1} ${y1} C${curve.join(" ")}" marker-end="url(#zmq-arrow)"/>`,
    label === "" ? "" : text(middle.x, middle.y, label, ' text-anchor="middle"'),
    "</g>",
  ].join("");
}

const arrow =
  '<marker id="zmq-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">' +
  '<path d="M0 0 L8 4 L0 8 z"/></marker>';

/** An SVG document. Arrows point from the socket that has connected to the one that is bound. */
export function toSvg(topology: Topology): string {
  const { placed, width, height } = place(boxesOf(topology), topology.links);
  // Curves within a column bend over its border.
  const total = Math.ceil(width + columnGap / 2);
  const tall = Math.ceil(Math.max(height, 2 * margin));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="zmq" width="${total}" height="${tall}" viewBox="0 0 ${total} ${tall}">`,
    `<style>${style}</style><defs>${arrow}</defs>`,
    ...topology.links.map((link) => drawLink(link, placed)),
    ...placed.map(drawBox),
    "</svg>",
    "",
  ].join("\n");
}
