import { datasetTopics } from '@sealstream/contracts';
import { DEFAULT_SEAL } from '@sealstream/crypto';
import { parsePattern } from '@sealstream/records';
import { type Dataset, type Field, identify } from './dataset.ts';
import { type ExposureReport, isCard } from './exposure.ts';
import { readField } from './field-reader.ts';
import { readHeaders } from './header-reader.ts';
import { readKAnonymity } from './k-anonymity-reader.ts';
import { readKey } from './key-reader.ts';
import { type DatasetText, MAX_RECORD_BYTES } from './language.ts';
import { didYouMean } from './near-word.ts';
import { checkCardForms } from './preset-rules.ts';
import { type PresetName, PRESETS } from './presets.ts';
import { checkPaths, spelled } from './path-rules.ts';
import { headerName } from './record-part.ts';
import type { Place, SourceText } from './source-text.ts';

function given<T>(text: Readonly<Record<string, T | undefined>> | undefined): Record<string, T> {
  return Object.fromEntries(
    Object.entries(text ?? {}).filter((entry): entry is [string, T] => entry[1] !== undefined),
  );
}

function checkRequired(source: SourceText, place: Place, text: DatasetText): void {
  const paths = Object.keys(text.fields);
  const seen = new Set<string>();
  for (const [i, path] of (text.required ?? []).entries()) {
    if (!paths.includes(path))
      source.report(
        [...place, 'required', i],
        `required names ${path}, which is not under fields${didYouMean(path, paths)}`,
      );
    else if (seen.has(path))
      source.report([...place, 'required', i], `required names ${path} twice`);
    seen.add(path);
  }
}

function checkSubject(source: SourceText, place: Place, text: DatasetText): void {
  const { subject } = text;
  if (subject === undefined) return;
  const at = [...place, 'subject'];
  const field = Object.hasOwn(text.fields, subject) ? text.fields[subject] : undefined;
  const near = didYouMean(subject, Object.keys(text.fields));
  if (field === undefined) source.report(at, `subject ${subject} is not under fields${near}`);
  else if (parsePattern(subject)?.includes(null) === true)
    source.report(at, 'subject must be one field, so its path has no *');
  else if (field.type !== 'string') source.report(at, 'subject must be a field of type: string');
  else if (text.required?.includes(subject) !== true)
    source.report(at, 'subject must stand under required, so that each record has one');
}

function checkFormat(source: SourceText, place: Place, text: DatasetText): void {
  if ((text.format ?? 'json') !== 'json' && text.kAnonymity !== undefined)
    source.report(
      [...place, 'format'],
      'groups are published as JSON: kAnonymity needs format: json',
    );
}

function readTags(source: SourceText, place: Place, text: DatasetText): Dataset['tags'] {
  const { format = 'json', tags } = text;
  if (tags === undefined) return undefined;
  if (format === 'json')
    source.report([...place, 'tags'], 'tags stand in schemas: format: json has none');
  return Object.fromEntries(
    Object.entries(tags).map(([tag, { encrypt = 'seal', mask = 'redact' }]) => [
      tag,
      { mask, encrypt },
    ]),
  );
}

function checkPresetNames(source: SourceText, place: Place, presets: readonly PresetName[]): void {
  for (const [i, name] of presets.entries())
    if (presets.indexOf(name) !== i)
      source.report([...place, 'presets', i], `presets names ${name} twice`);
}

/** What a group shows is no mask that a preset could judge, so a class that one has a word on stays out. */
function checkGroupsShow(
  source: SourceText,
  place: Place,
  shown: {
    readonly fields: readonly Field[];
    readonly kAnonymity: Dataset['kAnonymity'] | undefined;
    readonly presets: readonly PresetName[];
  },
): void {
  const { fields, kAnonymity, presets } = shown;
  const quasi = new Set(kAnonymity?.quasiIdentifiers.map(({ path }) => path));
  for (const field of fields) {
    const isSensitive = kAnonymity?.sensitive.includes(field.path) === true;
    if (!isSensitive && !quasi.has(field.path)) continue;
    const at = [...place, 'kAnonymity', isSensitive ? 'sensitive' : 'quasiIdentifiers'];
    const { class: of, path } = field;
    const preset = presets.find((name) => of !== undefined && PRESETS[name][of] !== undefined);
    if (preset !== undefined)
      source.report(at, `${preset} says what may be seen of a ${of}: no group can show it`, path);
    else if (isCard(field)) source.report(at, 'no group can show a card number', path);
  }
}

/** One dataset of the policy, with its defaults; undefined when a field could not be read. */
export function readDataset(
  report: ExposureReport,
  name: string,
  text: DatasetText,
): Dataset | undefined {
  const { source } = report;
  const place: Place = ['datasets', name];
  const required = text.required ?? [];
  const presets = text.presets ?? [];
  checkPresetNames(source, place, presets);
  const surroundings = { hasSubject: text.subject !== undefined, presets };
  const fields: Field[] = [];
  if (Object.keys(text.fields).length === 0)
    source.report([...place, 'fields'], 'fields names no field');
  checkPaths(source, [...place, 'fields'], Object.keys(text.fields));
  for (const [path, field] of Object.entries(text.fields)) {
    const at = [...place, 'fields', path];
    const rest = { ...surroundings, required: required.includes(path) };
    const read = readField(report, at, path, field, rest);
    if (read !== undefined) fields.push(read);
  }
  checkRequired(source, place, text);
  checkSubject(source, place, text);
  checkFormat(source, place, text);
  const headers = readHeaders(report, [...place, 'headers'], text.headers, surroundings);
  const key = readKey(report, [...place, 'key'], text.key, surroundings);
  checkCardForms(report, presets, [...headers, ...fields], (path) =>
    headerName(path) === undefined
      ? [...place, 'fields', path]
      : [...place, 'headers', headerName(path) ?? ''],
  );
  const kAnonymity = readKAnonymity(report, place, text, fields);
  checkGroupsShow(source, place, { presets, fields, kAnonymity });
  const tags = readTags(source, place, text);
  return identify({
    name,
    revision: text.revision,
    topics: datasetTopics(name, given(text.topics)),
    format: text.format ?? 'json',
    maxRecordBytes: text.maxRecordBytes ?? MAX_RECORD_BYTES,
    ...(text.subject !== undefined && { subject: spelled(text.subject) }),
    unknownFields: text.unknownFields ?? 'reject',
    ...(tags !== undefined && { tags }),
    undeclaredPersonalData: text.undeclaredPersonalData ?? 'alert',
    unknownSeal: text.subject === undefined ? DEFAULT_SEAL : { ...DEFAULT_SEAL, keys: 'subject' },
    producerTokens: text.producerTokens ?? 'reject',
    producerSeal: text.producerSeal ?? 'allowed',
    key,
    headers,
    ...(kAnonymity !== undefined && { kAnonymity }),
    ...(text.deleteAfterIngest !== undefined && { deleteAfterIngest: text.deleteAfterIngest }),
    required: required.map(spelled),
    fields,
  });
}
