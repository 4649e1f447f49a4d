import { SealstreamError } from '@sealstream/contracts';
import type { SampleField } from './sample-fields.ts';
import { datasetNameProblem } from './topic-rules.ts';

/** Paths that YAML reads as they are; all others are written in double quotes. */
const PLAIN_PATH = /^\/[A-Za-z0-9_./*-]*$/;
/** YAML takes a key of over 1,024 characters only behind a question mark. */
const LONG_KEY = 1000;

/** Characters that a YAML reader may take for line breaks, or that nobody sees. */
const UNSEEN = /[\u007f-\u00a0\u2028\u2029\ufeff]/g;

/** A double-quoted scalar of YAML; every JSON string is one. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    UNSEEN,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function fieldLine({ class: className, mask = 'redact', path, types }: SampleField): string {
  const key = PLAIN_PATH.test(path) ? path : quoted(path);
  const type = types.length === 1 ? types[0] : `[${types.join(', ')}]`;
  const ofClass = className === undefined ? '' : `class: ${className}, `;
  const rules = `{ type: ${type}, ${ofClass}mask: ${mask}, encrypt: seal }`;
  if (key.length > LONG_KEY) return `      ? ${key}\n      : ${rules}`;
  return `      ${key}: ${rules}`;
}

/**
 * The text of a policy in which every field that names no mask is redacted on masked, and every field
 * is sealed on encrypted: a safe start, to be opened up field by field. Throws USAGE when the name cannot
 * name a dataset, or when there is no field.
 */
export function samplePolicy(dataset: string, fields: readonly SampleField[]): string {
  const problem = datasetNameProblem(dataset);
  if (problem !== undefined) throw new SealstreamError('USAGE', {}, `${problem}.`);
  if (fields.length === 0) throw new SealstreamError('USAGE', {}, 'The sample has no field.');
  return `version: 1

datasets:
  ${quoted(dataset)}:
    revision: 1              # raise it with every change
    topics: { raw: ${quoted(`raw.${dataset}`)} }   # any topic, also one of your own
    format: json
    unknownFields: reject    # or drop, or encrypt
    key: { mask: hash, encrypt: hash }
    headers: []              # names of headers that pass; all others stay behind

    # Nothing is required and everything is hidden, save what a mask keeps. Loosen field by field:
    # mask: keep, mask: { partial: { keepLast: 4 } }, encrypt: keep; and list under required what
    # must be there.
    required: []
    fields:
${fields.map(fieldLine).join('\n')}
`;
}
