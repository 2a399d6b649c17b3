/** Finds what somebody who mistyped a name may have meant. */

/** The candidate that differs in the fewest letters, where few enough differ; case and separators do not count. */
export function findNearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(2, Math.floor(name.length / 4)) + 1;
  for (const candidate of candidates) {
    const differing = distance(plain(name), plain(candidate));
    if (differing < fewest) [best, fewest] = [candidate, differing];
  }
  return best;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_.-]/g, '');
}

/** Levenshtein's: insertions, removals and replacements. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = row[column - 1]! + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
