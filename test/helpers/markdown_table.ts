// Tables of results in pages: tests compare them with what they find, or write them.

/** The cells of each row, by the cell in its first column. */
export type ResultTable<Result extends string> = Map<string, Result[]>;

export function renderTable<Result extends string>(headings: string[], table: ResultTable<Result>): string {
  const rows = [
    headings,
    headings.map(() => "---"),
    ...[...table].map(([name, results]) => [name, ...results]),
  ];
  return rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

export function parseTable<Result extends string>(text: string): ResultTable<Result> {
  const rows = text.trim().split("\n").slice(2);
  return new Map(
    rows.map((row) => {
      const [name, ...results] = row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
      return [name!, results as Result[]];
    }),
  );
}
