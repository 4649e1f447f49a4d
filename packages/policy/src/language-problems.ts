import { accessWords } from '@sealstream/authorization';
import type { z } from 'zod';
import { PolicyLanguage, WORDS } from './language.ts';
import { didYouMean } from './near-word.ts';
import type { Place, SourceText } from './source-text.ts';

/** The words that may stand in the map at this place. */
function wordsAt(place: Place): readonly string[] {
  const [top, , third, fourth, fifth] = place;
  if (place.length === 0) return WORDS.policy;
  if (top === 'access') return accessWords(place.slice(1));
  if (top !== 'datasets') return [];
  if (place.at(-1) === 'equalityOracle' && (third === 'key' || fifth === 'equalityOracle'))
    return WORDS.equalityOracle;
  if (place.length === 2) return WORDS.dataset;
  if (place.length === 3 && third === 'topics') return WORDS.topics;
  if (place.length === 3 && third === 'key') return WORDS.key;
  if (third === 'tags') return place.length === 4 ? WORDS.tag : [];
  if (third === 'key' && fourth === 'encrypt')
    return place.length === 4 ? WORDS.encrypt : WORDS.seal;
  if (third === 'kAnonymity') return place.length === 3 ? WORDS.kAnonymity : WORDS.quasiIdentifier;
  if (place.length === 4 && third === 'headers') return WORDS.header;
  if (third !== 'fields') return [];
  if (fifth === 'encrypt') return place.length === 5 ? WORDS.encrypt : WORDS.seal;
  return place.length === 4 ? WORDS.field : [];
}

/** The path of the field that a place belongs to. */
export function fieldOf(place: Place): string | undefined {
  const [top, , third, path] = place;
  return top === 'datasets' && third === 'fields' && typeof path === 'string' ? path : undefined;
}

function valueAt(data: unknown, place: Place): unknown {
  let value = data;
  for (const step of place) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text (in quotes when it looks like a number)',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What a choice between forms expects, from the issues of each of its branches. */
function choices(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly string[] {
  return branches.flatMap((issues) =>
    issues.flatMap((issue) => {
      if (issue.code === 'invalid_value') return issue.values.map(String);
      if (issue.code === 'invalid_union') return choices(issue.errors);
      return [];
    }),
  );
}

/** Of a choice between forms, the issues of the one form that fits but for what is inside it. */
function branchInside(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] | undefined {
  if (issue.code !== 'invalid_union') return undefined;
  return issue.errors.find((branch) =>
    branch.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys'),
  );
}

function say(issue: z.core.$ZodIssue, value: unknown): string {
  const shown = typeof value === 'string' ? value : undefined;
  const near = (known: readonly string[]) => (shown === undefined ? '' : didYouMean(shown, known));
  if (value === undefined && issue.code !== 'unrecognized_keys') return 'is missing';
  if (issue.code === 'invalid_value' || issue.code === 'invalid_union') {
    const known =
      issue.code === 'invalid_value'
        ? issue.values.map(String)
        : [...new Set(choices(issue.errors))];
    return `must be ${known.length === 1 ? '' : 'one of '}${known.join(', ')}${near(known)}`;
  }
  if (issue.code === 'invalid_type') return `must be ${KINDS[issue.expected] ?? issue.expected}`;
  if (issue.code === 'too_small' && issue.origin === 'array') return 'must not be empty';
  if (issue.code === 'too_small')
    return `must be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return issue.message;
}

/** Turns what zod found into problems with their places. */
export function reportIssues(
  source: SourceText,
  issues: readonly z.core.$ZodIssue[],
  base: Place = [],
  known: (place: Place) => readonly string[] = wordsAt,
): void {
  for (const issue of issues) {
    const place = [...base, ...(issue.path as (string | number)[])];
    const path = fieldOf(place);
    if (issue.code === 'unrecognized_keys') {
      const words = known(place);
      for (const key of issue.keys)
        source.reportKey([...place, key], `unknown word ${key}${didYouMean(key, words)}`, path);
      continue;
    }
    const inner = branchInside(issue);
    if (inner !== undefined) {
      reportIssues(source, inner, place, known);
      continue;
    }
    const said = say(issue, valueAt(source.data, place));
    const name = place.at(-1);
    const about = typeof name !== 'string' || name === path ? 'this' : name;
    // The rules of the language that already are sentences say themselves what they are about.
    const message = /^(is|must) /.test(said) ? `${about} ${said}` : said;
    source.report(place, message, path);
  }
}

/** The policy as data, or undefined when it does not follow the language. */
export function readLanguage(source: SourceText): z.infer<typeof PolicyLanguage> | undefined {
  if (source.problems.length > 0) return undefined;
  const parsed = PolicyLanguage.safeParse(source.data);
  if (parsed.success) return parsed.data;
  reportIssues(source, parsed.error.issues);
  return undefined;
}
