import { readFileSync } from 'node:fs';
import { type Dataset, datasetOf, parsePolicy } from '../src/index.ts';

const file = (name: string) => new URL(`../../../examples/people/${name}`, import.meta.url);

export const PEOPLE_YAML = readFileSync(file('sealstream.yaml'), 'utf8');
export const PEOPLE_CSV = readFileSync(file('raw_data.csv'));

/** The example's dataset, with parts of the text replaced. */
export function people(...edits: [string, string][]): Dataset {
  let text = PEOPLE_YAML;
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`the example no longer holds ${from}`);
    text = text.replace(from, to);
  }
  return datasetOf(parsePolicy(text, 'sealstream.yaml'), 'people');
}

/** A dataset of these field lines. */
export function datasetWith(fields: string, rules = ''): Dataset {
  const text = `version: 1\ndatasets:\n  d:\n    revision: 1\n${rules}    fields:\n${fields
    .split('\n')
    .map((line) => `      ${line.trim()}`)
    .join('\n')}\n`;
  return datasetOf(parsePolicy(text, 'd.yaml'), 'd');
}
