import { ERRORS, type RejectCode } from '@sealstream/contracts';
import { z } from 'zod';
import { reportIssues } from './language-problems.ts';
import { didYouMean } from './near-word.ts';
import type { Policy } from './policy.ts';
import { PolicyError, type Problem } from './problem.ts';
import { type Place, SourceText } from './source-text.ts';

/** A record and what must come of it. */
export interface PolicyCase {
  readonly name: string;
  readonly dataset: string;
  readonly record: string;
  readonly expects:
    | { readonly masked: string }
    | { readonly rejected: RejectCode; readonly path?: string; readonly byte?: number };
  /** Where the case stands. */
  readonly at: Pick<Problem, 'file' | 'line' | 'column'>;
}

/** Texts are read by `textOf`, which can say how they are written; json-schema.ts says `string`. */
export const TextLanguage = z.unknown();
const text = () => TextLanguage.optional();

const CaseLanguage = z.strictObject({
  name: z
    .string()
    .regex(/\S/, 'name must say what is promised')
    .describe('What is promised; shown when it fails.'),
  dataset: z.string().optional().describe('The dataset; may be left out when there is one.'),
  record: text().describe('The text of the record, as it would stand on raw, byte for byte.'),
  masked: text().describe('What must stand on masked, byte for byte; {{any}} where keys decide.'),
  rejected: z.string().optional().describe('The code with which the record must be refused.'),
  path: z.string().optional().describe('With rejected: the path that is told.'),
  byte: z.int().min(0).optional().describe('With rejected: the byte that is told.'),
});
type CaseText = z.infer<typeof CaseLanguage>;

/** The language of sealstream.test.yaml. */
export const TestsLanguage = z.strictObject({
  version: z.literal(1).describe('Version of this language.'),
  cases: z.array(CaseLanguage).min(1).describe('Records, each with what must come of it.'),
});

const FILE_WORDS = Object.keys(TestsLanguage.shape);
const CASE_WORDS = Object.keys(CaseLanguage.shape);

const REJECT_CODES = (Object.keys(ERRORS) as (keyof typeof ERRORS)[]).filter(
  (code): code is RejectCode => ERRORS[code].class === 'record',
);

/**
 * Reads the cases of a policy.
 *
 * @param file its name, for the problems
 * Throws PolicyError (POLICY_TESTS_INVALID) with every problem found, each with line and column.
 */
export function parsePolicyTests(source: string, file: string, policy: Policy): PolicyCase[] {
  const read = new SourceText(source, file);
  const cases = read.problems.length === 0 ? casesOf(read, policy) : [];
  if (read.problems.length === 0) return cases;
  const sorted = read.problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  throw new PolicyError(file, sorted, 'POLICY_TESTS_INVALID');
}

function casesOf(source: SourceText, policy: Policy): PolicyCase[] {
  const parsed = TestsLanguage.safeParse(source.data);
  if (!parsed.success) {
    reportIssues(source, parsed.error.issues, [], (place) =>
      place.length === 0 ? FILE_WORDS : CASE_WORDS,
    );
    return [];
  }
  const names = new Set<string>();
  return parsed.data.cases.flatMap((one, index) => {
    const place: Place = ['cases', index];
    if (names.has(one.name)) source.report([...place, 'name'], `two cases are named ${one.name}`);
    names.add(one.name);
    return caseOf(source, place, one, policy) ?? [];
  });
}

function caseOf(
  source: SourceText,
  place: Place,
  one: CaseText,
  policy: Policy,
): PolicyCase | undefined {
  const dataset = datasetNamed(source, place, one, policy);
  const record = textOf(source, [...place, 'record'], one.record);
  const expects = expectation(source, place, one);
  if (dataset === undefined || record === undefined || expects === undefined) return undefined;
  const { column, file, line } = source.problem(place, '');
  return { name: one.name, dataset, record, expects, at: { file, line, column } };
}

function datasetNamed(
  source: SourceText,
  place: Place,
  { dataset }: CaseText,
  policy: Policy,
): string | undefined {
  const names = [...policy.datasets.keys()];
  if (dataset === undefined) {
    if (names.length === 1) return names[0];
    source.report(place, `dataset is missing: the policy has ${names.join(', ')}`);
    return undefined;
  }
  if (names.includes(dataset)) return dataset;
  const message = `the policy has no dataset ${dataset}${didYouMean(dataset, names)}`;
  source.report([...place, 'dataset'], message);
  return undefined;
}

function textOf(source: SourceText, place: Place, value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const name = String(place.at(-1));
  const message =
    value === undefined
      ? `${name} is missing`
      : `${name} must be text: put it between single quotes`;
  source.report(place, message);
  return undefined;
}

function expectation(
  source: SourceText,
  place: Place,
  one: CaseText,
): PolicyCase['expects'] | undefined {
  const { byte, path, rejected } = one;
  if ((one.masked === undefined) === (rejected === undefined)) {
    source.report(place, 'a case says masked or rejected, one of them');
    return undefined;
  }
  if (rejected === undefined) {
    for (const word of ['path', 'byte'] as const)
      if (one[word] !== undefined) source.report([...place, word], `${word} goes with rejected`);
    const masked = textOf(source, [...place, 'masked'], one.masked);
    return masked === undefined ? undefined : { masked };
  }
  const code = REJECT_CODES.find((known) => known === rejected);
  if (code === undefined) {
    const message = `no record is rejected with ${rejected}${didYouMean(rejected, REJECT_CODES)}`;
    source.report([...place, 'rejected'], message);
    return undefined;
  }
  return {
    rejected: code,
    ...(path !== undefined && { path }),
    ...(byte !== undefined && { byte }),
  };
}
