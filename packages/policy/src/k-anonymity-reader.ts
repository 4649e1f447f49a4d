import { parsePattern } from '@sealstream/records';
import type { Field } from './dataset.ts';
import type { ExposureReport } from './exposure.ts';
import { readHierarchy } from './hierarchy-file.ts';
import { DELAY, type KAnonymityText, type QuasiIdentifierText } from './k-anonymity-language.ts';
import type { DatasetText } from './language.ts';
import type { KAnonymity, QuasiIdentifierRule, Span } from './k-anonymity.ts';
import { didYouMean } from './near-word.ts';
import { spelled } from './path-rules.ts';
import type { Place, SourceText } from './source-text.ts';

const WAITING = 100_000;
const SUBJECTS = 1_000_000;
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** What may stand beside a group, since it is the same for everybody. */
const ALIKE = ['redact', 'drop', 'null', 'constant'];

/** Groups of a dataset, or undefined when it has none, or some rule of them could not be read. */
export function readKAnonymity(
  report: ExposureReport,
  place: Place,
  text: DatasetText,
  fields: readonly Field[],
): KAnonymity | undefined {
  const { kAnonymity: rules } = text;
  if (rules === undefined) return undefined;
  const at = [...place, 'kAnonymity'];
  checkWhole(report.source, place, text);
  checkSensitive(report.source, [...at, 'sensitive'], text);
  checkNeighbours(report.source, place, text, fields);
  const quasi = quasiIdentifiers(report, [...at, 'quasiIdentifiers'], text);
  const delay = spanOf(rules.delay);
  const perSubject = perSubjectOf(report.source, at, rules, delay);
  const k = Math.max(rules.k, rules.l ?? 1);
  if ((rules.maxWaiting ?? WAITING) < k)
    report.source.report([...at, 'maxWaiting'], 'maxWaiting leaves no room for one group');
  if (delay === undefined) return undefined;
  return {
    k: rules.k,
    l: rules.l ?? 1,
    delay,
    quasiIdentifiers: quasi,
    sensitive: (rules.sensitive ?? []).map(spelled),
    maxWaiting: rules.maxWaiting ?? WAITING,
    ...(perSubject !== undefined && { perSubject }),
  };
}

/** A count without an end would be a list of people that only grows, so its end has to be said. */
function perSubjectOf(
  source: SourceText,
  at: Place,
  rules: KAnonymityText,
  delay: Span | undefined,
): KAnonymity['perSubject'] {
  const { forgetAfter, k, maxGroupsPerSubject: most, maxSubjects = SUBJECTS } = rules;
  if (most === undefined) {
    for (const word of ['forgetAfter', 'maxSubjects'] as const)
      if (rules[word] !== undefined)
        source.report([...at, word], `${word} goes with maxGroupsPerSubject`);
    return undefined;
  }
  const span = spanOf(forgetAfter ?? '');
  if (forgetAfter === undefined)
    source.report(
      [...at, 'maxGroupsPerSubject'],
      'maxGroupsPerSubject counts groups of a time: say forgetAfter',
    );
  else if (span?.unit !== delay?.unit)
    source.report(
      [...at, 'forgetAfter'],
      'forgetAfter is in the unit of the delay: both a time, or both records',
    );
  if (maxSubjects < k)
    source.report([...at, 'maxSubjects'], 'maxSubjects leaves no room for one group');
  return span === undefined ? undefined : { most, within: span.most, maxSubjects };
}

function spanOf(text: string): Span | undefined {
  const [, digits, unit] = DELAY.exec(text) ?? [];
  if (digits === undefined) return undefined;
  if (unit === undefined) return { unit: 'records', most: Number(digits) };
  return { unit: 'ms', most: Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS] };
}

/** What a dataset must say of its records as wholes, so that none can be told from its group. */
function checkWhole(source: SourceText, place: Place, text: DatasetText): void {
  const at = [...place, 'kAnonymity'];
  if (text.subject === undefined)
    source.report(at, 'kAnonymity counts subjects: say who is the subject of the dataset');
  if (text.key?.mask !== 'drop')
    source.report(
      text.key === undefined ? at : [...place, 'key', 'mask'],
      'the key of a record tells it from its group: say key: { mask: drop }',
    );
  if (Object.keys(text.headers ?? {}).length > 0)
    source.report([...place, 'headers'], 'a header tells a record from its group: let none pass');
  const { l = 1, quasiIdentifiers, sensitive = [] } = text.kAnonymity as KAnonymityText;
  if (l > 1 && sensitive.length === 0)
    source.report([...at, 'l'], 'l counts values of sensitive fields, and none is named');
  if (Object.keys(quasiIdentifiers).length === 0)
    source.report([...at, 'quasiIdentifiers'], 'quasiIdentifiers names no field');
}

function checkSensitive(source: SourceText, place: Place, text: DatasetText): void {
  const { quasiIdentifiers, sensitive = [] } = text.kAnonymity as KAnonymityText;
  for (const [i, path] of sensitive.entries()) {
    const at = [...place, i];
    const types = checkShown(source, at, path, text);
    if (sensitive.indexOf(path) !== i) source.report(at, `sensitive names ${path} twice`);
    else if (Object.hasOwn(quasiIdentifiers, path))
      source.report(at, `${path} is a quasi-identifier, and so cannot be shown as it is`);
    else if (types.some((type) => type === 'object' || type === 'array'))
      source.report(at, `${path} must be a string, a number or a boolean`);
  }
}

/** Checks a field that a group shows; gives its types, none when it is no field. */
function checkShown(
  source: SourceText,
  at: Place,
  path: string,
  text: DatasetText,
): readonly string[] {
  const field = Object.hasOwn(text.fields, path) ? text.fields[path] : undefined;
  if (field === undefined) {
    const near = didYouMean(path, Object.keys(text.fields));
    source.report(at, `${path} is not under fields${near}`);
    return [];
  }
  if (path === text.subject)
    source.report(at, `${path} is the subject, so showing it tells each record from its group`);
  else if (parsePattern(path)?.includes(null) === true)
    source.report(at, `${path} can stand more than once; a group shows single fields`);
  else if (text.required?.includes(path) !== true)
    source.report(at, `${path} must stand under required, since who lacks it would stand out`);
  return typeof field.type === 'string' ? [field.type] : field.type;
}

/** The other fields must look the same in all records; those shown have no mask of their own. */
function checkNeighbours(
  source: SourceText,
  place: Place,
  text: DatasetText,
  fields: readonly Field[],
): void {
  const { quasiIdentifiers, sensitive = [] } = text.kAnonymity as KAnonymityText;
  const shown = new Set([...Object.keys(quasiIdentifiers), ...sensitive]);
  const masks = new Map(fields.map(({ mask, path }) => [path, mask.name]));
  for (const [path, field] of Object.entries(text.fields)) {
    const at = [...place, 'fields', path, 'mask'];
    const mask = masks.get(spelled(path));
    if (shown.has(path)) {
      if (field.mask !== undefined)
        source.report(at, 'kAnonymity says what masked shows of this field: leave mask out', path);
    } else if (mask !== undefined && !ALIKE.includes(mask)) {
      source.report(
        at,
        `${mask} beside kAnonymity tells a record from its group: redact, drop, null or constant`,
        path,
      );
    } else if (mask !== undefined && mask !== 'drop' && parsePattern(path)?.includes(null)) {
      source.report(
        at,
        'how often a field stands in a record tells it from its group: say mask: drop',
        path,
      );
    }
  }
}

function quasiIdentifiers(
  report: ExposureReport,
  place: Place,
  text: DatasetText,
): readonly QuasiIdentifierRule[] {
  const { quasiIdentifiers: rules } = text.kAnonymity as KAnonymityText;
  return Object.entries(rules).flatMap(([path, rule]): QuasiIdentifierRule[] => {
    const at = [...place, path];
    const types = checkShown(report.source, at, path, text);
    const problem = formProblem(rule, types);
    if (problem !== undefined) report.source.report(at, `${path} ${problem}`);
    if (problem !== undefined || types.length === 0) return [];
    if (rule.hierarchy !== undefined) {
      const read = readHierarchy(report, [...at, 'hierarchy'], rule.hierarchy);
      if (read === undefined) return [];
      return [{ path: spelled(path), kind: 'categorical', hierarchy: read.text }];
    }
    const { from: least = 0, to: most = 0 } = rule;
    return [{ path: spelled(path), kind: 'numeric', least, most }];
  });
}

function formProblem(
  { from, hierarchy, to }: QuasiIdentifierText,
  types: readonly string[],
): string | undefined {
  if (types.length === 0) return undefined;
  const isRange = from !== undefined && to !== undefined && hierarchy === undefined;
  const isTree = from === undefined && to === undefined && hierarchy !== undefined;
  if (types.join() === 'number')
    return isRange && from < to && Number.isFinite(to - from)
      ? undefined
      : 'is a number: say { from: LEAST, to: MOST }';
  if (types.join() === 'string') return isTree ? undefined : 'is a string: say { hierarchy: FILE }';
  return 'must be of type: number or type: string';
}
