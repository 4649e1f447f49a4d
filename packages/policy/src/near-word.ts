/** Edits (insert, delete, replace, swap neighbours) from one word to another. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let edits = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        edits = Math.min(edits, before[j - 2] + 1);
      next.push(edits);
    }
    before = row;
    row = next;
  }
  return row[to.length];
}

/** The known word that was probably meant, or undefined when none is near. */
export function nearWord(word: string, known: readonly string[]): string | undefined {
  const short = word.slice(0, 100).toLowerCase();
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(short.length / 3)) + 1;
  for (const candidate of known) {
    const edits = distance(short, candidate.toLowerCase());
    if (edits < fewest) {
      fewest = edits;
      best = candidate;
    }
  }
  return best;
}

/** The sentence that offers it, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearWord(word, known);
  return near === undefined ? '' : `; did you mean ${near}?`;
}
