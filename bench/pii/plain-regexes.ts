import type { PiiClass } from '@sealstream/pii';

/*
 * The reference: what somebody writes who has regular expressions and nothing else. Six, each over
 * the whole text.
 */
const REGEXES: readonly (readonly [PiiClass, RegExp])[] = [
  ['card', /\b(?:\d[ -]?){12,18}\d\b/g],
  ['ssn', /\b\d{3}-\d{2}-\d{4}\b/g],
  ['email', /\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}\b/g],
  ['phone', /(?:\+?\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}\b/g],
  ['ip', /\b(?:\d{1,3}\.){3}\d{1,3}\b/g],
  ['date', /\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}\/\d{1,2}\/\d{2,4})\b/g],
];

/** Classes that a plain regular expression looks for. */
export const PLAIN_CLASSES: readonly PiiClass[] = REGEXES.map(([name]) => name);

/** What they match, in characters: overlaps and false matches as they come. */
export function plainMatches(text: string): { class: PiiClass; from: number; to: number }[] {
  return REGEXES.flatMap(([name, regex]) =>
    Array.from(text.matchAll(regex), (match) => ({
      class: name,
      from: match.index,
      to: match.index + match[0].length,
    })),
  );
}

/** How many matches there are: the least that a use of them must do. */
export function plainCount(text: string): number {
  let count = 0;
  for (const [, regex] of REGEXES) {
    regex.lastIndex = 0;
    while (regex.exec(text) !== null) count += 1;
  }
  return count;
}
