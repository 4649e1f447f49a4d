import {
  accessProblems,
  type AccessProblem,
  type AccessRules,
  accessWarnings,
  readAccess,
} from '@sealstream/authorization';
import type { ExposureReport } from './exposure.ts';
import type { DatasetText, PolicyText } from './language.ts';
import { didYouMean } from './near-word.ts';
import { spelled } from './path-rules.ts';
import { headerPath, KEY_PATH } from './record-part.ts';

/** Who may do what, over the datasets of the same file; undefined where that is not said, or wrong. */
export function readAccessSection(
  report: ExposureReport,
  { access: text, datasets }: Pick<PolicyText, 'access' | 'datasets'>,
): AccessRules | undefined {
  if (text === undefined) return undefined;
  // From the text and not from what was read of it: a field that is wrong is there all the same.
  const fields = new Map(Object.entries(datasets).map(([name, rules]) => [name, pathsOf(rules)]));
  const problems = accessProblems(text, fields);
  for (const problem of problems) report.source.report(...placed(problem));
  if (problems.length > 0) return undefined;
  const rules = readAccess(text);
  for (const warning of accessWarnings(rules)) report.warn(...placed(warning));
  return rules;
}

function pathsOf({ fields, headers = [] }: DatasetText): readonly string[] {
  const names = Array.isArray(headers) ? headers : Object.keys(headers);
  return [KEY_PATH, ...names.map(headerPath), ...Object.keys(fields).map(spelled)];
}

function placed({ message, near, place }: AccessProblem): [(string | number)[], string] {
  const hint = near === undefined ? '' : didYouMean(near.word, near.known);
  return [['access', ...place], `${message}${hint}`];
}
