// A topology as a tree of text, and in the language DOT of Graphviz.

import type { End, Link, ProgramNode, SocketNode, Topology } from "./topology.js";

/** How the ends of links are called. */
function namesOf({ programs }: Topology): (end: End) => string {
  const names = new Map(
    programs.flatMap(({ name, sockets }) =>
      sockets.map(({ key, type, id }) => [key, `${name}: ${type} ${id}`] as const),
    ),
  );
  return (end) => ("socket" in end ? names.get(end.socket)! : end.outside);
}

const isAt = (end: End, { key }: SocketNode) => "socket" in end && end.socket === key;

const times = ({ connections }: Link) => (connections > 1 ? `, ${connections} connections` : "");

function linesOf(socket: SocketNode, links: readonly Link[], nameOf: (end: End) => string): string[] {
  return links.flatMap((link) => {
    const { from, to, endpoint, trouble } = link;
    if (isAt(from, socket)) {
      if (trouble !== undefined) return [`-> ${nameOf(to)}: ${trouble}`];
      const at = nameOf(to).endsWith(endpoint) ? "" : ` at ${endpoint}`;
      return [`-> ${nameOf(to)}${at}${times(link)}`];
    }
    return isAt(to, socket) && trouble === undefined ? [`<- ${nameOf(from)}${times(link)}`] : [];
  });
}

function branches(lines: readonly (readonly string[])[]): string[] {
  return lines.flatMap(([first, ...rest], index) => {
    const last = index === lines.length - 1;
    return [`${last ? "└─" : "├─"} ${first}`, ...rest.map((line) => `${last ? " " : "│"}  ${line}`)];
  });
}

/** The programs with their sockets, and the links of each. `->`: the socket has connected; `<-`: the peer has. */
export function toText(topology: Topology): string[] {
  const nameOf = namesOf(topology);
  const describe = ({ name, sockets }: ProgramNode) => {
    const trees = sockets.map((socket) => {
      const { type, id, bound } = socket;
      const title = [`${type} ${id}`, ...bound].join("  ");
      const links = linesOf(socket, topology.links, nameOf).map((line) => [line]);
      return [title, ...branches(links)];
    });
    return [name, ...branches(trees)];
  };
  return topology.programs.flatMap((program, index) => [...(index > 0 ? [""] : []), ...describe(program)]);
}

const quoted = (text: string) => `"${text.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;

/** A digraph of Graphviz: `dot -Tpng`. */
export function toDot({ programs, links }: Topology): string[] {
  const outside = new Map<string, string>();
  const nodeOf = (end: End): string => {
    if ("socket" in end) return quoted(end.socket);
    if (!outside.has(end.outside)) outside.set(end.outside, quoted(`outside ${outside.size}`));
    return outside.get(end.outside)!;
  };
  const clusters = programs.flatMap(({ name, sockets }, index) => {
    const nodes = sockets.map(
      ({ key, type, id, bound }) =>
        `    ${quoted(key)} [label=${quoted([`${type} ${id}`, ...bound].join("\n"))}];`,
    );
    return [`  subgraph cluster_${index} {`, `    label=${quoted(name)};`, ...nodes, "  }"];
  });
  const edges = links.map(({ from, to, endpoint, connections, trouble }) => {
    const label = trouble ?? (connections > 1 ? `${endpoint} (${connections})` : endpoint);
    const style = trouble === undefined ? "" : ", style=dashed";
    return `  ${nodeOf(from)} -> ${nodeOf(to)} [label=${quoted(label)}${style}];`;
  });
  const others = [...outside].map(([label, node]) => `  ${node} [label=${quoted(label)}, style=dashed];`);
  const head = ["digraph zmq {", "  rankdir=LR;", "  node [shape=box];"];
  return [...head, ...clusters, ...others, ...edges, "}"];
}
