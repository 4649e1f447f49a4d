import { SealstreamError } from '@sealstream/contracts';
import { parsePattern, type Step } from '@sealstream/records';

/** A token that is to be opened. */
export interface AskedToken {
  readonly path: string;
  readonly token: string;
  /** Bytes of the record's own headers, in base64. */
  readonly source?: string;
  readonly subject?: string;
}

/** What a token stands for: its type and the very text, or why there is none. */
export type FoundValue =
  | { readonly type: string; readonly value: string }
  | { readonly code: string };

/** One line of input: what to ask for, and the line that comes of it. */
export interface SealedLine {
  readonly asked: readonly AskedToken[];
  /** The line with what was found in place of the tokens, which come in the order of `asked`. */
  shown(found: readonly FoundValue[]): string;
}

type Members = Record<string, unknown>;

/** As the header of a record holds the index of a person. */
const SUBJECT_HEADER = 'sealstream-subject';
const SUBJECT_BYTES = 16;

/**
 * A line of JSON: a token with its path, an encrypted record, or a line of `sealstream tail` with one.
 *
 * Numbers that are not opened stay as they were written.
 *
 * @param fields which fields of records are opened
 * @throws SealstreamError USAGE, with the number of the line, for what is none of these
 */
export function sealedLine(text: string, line: number, fields: readonly string[]): SealedLine {
  const members = membersOf(text, line);
  const { path, source, subject, token } = members;
  if (typeof path === 'string' && typeof token === 'string')
    return tokenLine({ path, token, ...headers({ source, subject }) });
  if (fields.length === 0)
    throw new SealstreamError('USAGE', { line, option: '--fields' }, 'Say which fields to open.');
  const isTailed = 'partition' in members && 'offset' in members && 'value' in members;
  const record = isTailed ? members['value'] : members;
  const bound = isTailed ? headers({ subject: subjectOf(members['headers']) }) : {};
  return recordLine(members, record, fields, bound);
}

function membersOf(text: string, line: number): Members {
  try {
    // Its reviver is told how a number was written, which its value may not be able to say.
    const read: unknown = (JSON.parse as ParseWithSource)(text, (_, value, { source }) =>
      typeof value === 'number' && source !== undefined ? rawJson(source) : value,
    );
    if (isMembers(read)) return read;
  } catch {
    // Its message would quote the line.
  }
  throw new SealstreamError('USAGE', { line }, 'Each line of the input is a JSON object.');
}

type ParseWithSource = (
  text: string,
  reviver: (name: string, value: unknown, context: { readonly source?: string }) => unknown,
) => unknown;

/** A number as it was written (JSON.rawJSON, ES2026), which TypeScript has no type for yet. */
function rawJson(text: string): unknown {
  const make = Reflect.get(JSON, 'rawJSON') as (json: string) => unknown;
  return make(text);
}

function isRawJson(value: object): boolean {
  const is = Reflect.get(JSON, 'isRawJSON') as (value: object) => boolean;
  return is(value);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function headers(given: { readonly source?: unknown; readonly subject?: unknown }) {
  const { source, subject } = given;
  return {
    ...(typeof source === 'string' ? { source } : {}),
    ...(typeof subject === 'string' ? { subject } : {}),
  };
}

/** `tail` shows bytes that are no text as `{"base64": …}`. */
function subjectOf(shown: unknown): string | undefined {
  const all: unknown[] = Array.isArray(shown) ? shown : [];
  const found = all.find((one) => Array.isArray(one) && one[0] === SUBJECT_HEADER) as
    | readonly unknown[]
    | undefined;
  const value = found?.[1];
  if (isMembers(value) && typeof value['base64'] === 'string') return value['base64'];
  const bytes = typeof value === 'string' ? Buffer.from(value) : undefined;
  return bytes?.length === SUBJECT_BYTES ? bytes.toString('base64') : undefined;
}

function tokenLine(asked: AskedToken): SealedLine {
  const { path } = asked;
  return { asked: [asked], shown: ([found]) => JSON.stringify({ path, ...found }) };
}

function recordLine(
  members: Members,
  record: unknown,
  fields: readonly string[],
  bound: { readonly source?: string; readonly subject?: string },
): SealedLine {
  const places = fields.flatMap((path) =>
    placesOf(record, stepsOf(path)).map((place) => ({ path, ...place })),
  );
  return {
    asked: places.map(({ path, token }) => ({ path, token, ...bound })),
    shown: (found) => {
      for (const [at, { holder, name }] of places.entries()) {
        const one = found[at];
        // What does not open stays as it was.
        if (one !== undefined && 'value' in one) Reflect.set(holder, name, jsonOf(one));
      }
      return JSON.stringify(members);
    },
  };
}

function stepsOf(path: string): readonly Step[] {
  const steps = parsePattern(path);
  if (steps !== undefined) return steps;
  throw new SealstreamError('USAGE', { path }, 'Write the paths of fields as the policy does.');
}

interface Place {
  readonly holder: object;
  readonly name: string;
  readonly token: string;
}

/** Where in a value texts stand that the pattern matches. */
function placesOf(value: unknown, [step, ...rest]: readonly Step[]): Place[] {
  if (typeof value !== 'object' || value === null || step === undefined) return [];
  if (isRawJson(value)) return [];
  const names = step === null ? Object.keys(value) : [step];
  return names.flatMap((name) => {
    const inner: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
    if (rest.length > 0) return placesOf(inner, rest);
    return typeof inner === 'string' ? [{ holder: value, name, token: inner }] : [];
  });
}

/** A value as it stood in JSON before it was sealed. */
function jsonOf({ type, value }: { readonly type: string; readonly value: string }): unknown {
  if (type === 'string' || type === 'csv-quoted') return value;
  return type === 'number' ? rawJson(value) : (JSON.parse(value) as unknown);
}
