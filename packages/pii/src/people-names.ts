import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Lexicon } from './lexicon.ts';

let names: Lexicon | undefined;

/**
 * First and last names of many languages: the list of people's names of cspell (MIT), about 39,000.
 * Read when a scanner first looks for names.
 */
export function peopleNames(): Lexicon {
  if (names === undefined) {
    // A list that is not there is told at the start, not at the first record.
    const entries = readNames();
    names = new Lexicon(() => entries);
  }
  return names;
}

function readNames(): ReadonlyMap<string, number> {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@cspell/dict-people-names/cspell-ext.json');
  const lines = readFileSync(join(dirname(entry), 'dict/people-names.txt'), 'utf8').split('\n');
  const isName = (line: string) => /^\p{L}{3,}$/u.test(line);
  return new Map(lines.filter(isName).map((line) => [line, 1]));
}
