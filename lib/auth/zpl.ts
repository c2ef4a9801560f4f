// A reader of ZPL, the property language of ZeroMQ (RFC 4), as czmq and pyzmq write it.

const line = /^(?<indent> *)(?<name>[\w$\-@.&+/]+)(?:\s*=\s*(?<value>.*))?$/;

/** The value without its quotation marks, or without a comment behind it. */
function valueOf(text: string): string {
  const [, , quoted] = /^(["'])(.*?)\1/.exec(text) ?? [];
  // Z85 has the character "#" too, so only one behind a space begins a comment.
  return quoted ?? text.replace(/\s+#.*$/, "").trimEnd();
}

/** Values by their path, such as `curve/public-key`. Lines that are not ZPL are skipped, as czmq does. */
export function parseZpl(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const sections: { indent: number; name: string }[] = [];
  for (const raw of text.split(/\r?\n/)) {
    const { indent, name, value } = line.exec(raw.replaceAll("\t", "    ").trimEnd())?.groups ?? {};
    if (indent === undefined || name === undefined) continue;
    while (sections.length > 0 && sections.at(-1)!.indent >= indent.length) sections.pop();
    const path = [...sections.map((section) => section.name), name].join("/");
    if (value !== undefined) values.set(path, valueOf(value));
    sections.push({ indent: indent.length, name });
  }
  return values;
}
