// Suggestions for a misspelled name.

/** The edit distance of two names: letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** The most names to suggest. */
const most = 4;

/** Shorter names are contained in too many others. */
const shortest = 4;

/**
 * The names that `name` may mean: with `parts`, those that contain it, as `sendHighWaterMark` contains `highWaterMark`. If
 * there are none, the nearest ones, of which at most a third of the letters differ. Case and underscores are ignored.
 */
export function nearest(name: string, names: readonly string[], parts = true): string[] {
  const plain = (text: string) => text.toLowerCase().replaceAll("_", "");
  const wanted = plain(name);
  const containing =
    !parts || wanted.length < shortest ? [] : names.filter((candidate) => plain(candidate).includes(wanted));
  // The shortest names are the nearest.
  if (containing.length > 0) return containing.sort((a, b) => a.length - b.length).slice(0, most);
  const ranked = names.map((candidate) => ({ candidate, edits: distance(wanted, plain(candidate)) }));
  const fewest = Math.min(...ranked.map(({ edits }) => edits));
  if (fewest > wanted.length / 3) return [];
  return ranked
    .filter(({ edits }) => edits === fewest)
    .map(({ candidate }) => candidate)
    .slice(0, most);
}
