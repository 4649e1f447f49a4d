import type { RejectCode } from '@sealstream/contracts';
import {
  type FieldCipher,
  fieldCipher,
  type KeySource,
  looksLikeToken,
  type PlainType,
  type SealMethod,
} from '@sealstream/crypto';
import { type MaskAction, maskAction } from '@sealstream/masking';
import {
  ByteWriter,
  firstInvalidUtf8,
  jsonKind,
  KIND,
  standsPlain,
  undoubleQuotes,
  unescapeJson,
  writeJsonString,
} from '@sealstream/records';
import type { Dataset, Field } from './dataset.ts';
import type { Stage } from './field-stage.ts';
import type { SubjectField } from './subject-field.ts';

/**
 * Writes what the JSON value in [start, end) becomes, or tells why it cannot. Working memory is
 * shared by all treatments: one record at a time, nothing kept.
 */
export type JsonTreatment = (
  value: Buffer,
  kind: number,
  start: number,
  end: number,
  out: ByteWriter,
  keys: KeySource,
) => RejectCode | undefined;

const NULL = Buffer.from('null');
const QUOTE = 0x22;
const text = new ByteWriter();
const result = new ByteWriter();

/** Puts the unescaped text of a string, or the digits or word of a scalar, into `text`. */
function readText(value: Buffer, kind: number, start: number, end: number): boolean {
  text.reset();
  if (kind === KIND.escaped) return unescapeJson(value, start + 1, end - 1, text);
  if (kind === KIND.string) text.copy(value, start + 1, end - 1);
  else text.copy(value, start, end);
  return false;
}

/** Whether a string, however it is escaped, begins as a field token does. */
export function looksSealed(value: Buffer, kind: number, start: number, end: number): boolean {
  if (kind === KIND.string) return looksLikeToken(value, start + 1, end - 1);
  if (kind !== KIND.escaped) return false;
  readText(value, kind, start, end);
  return looksLikeToken(text.bytes, 0, text.length);
}

function fixed(constant: string | number | boolean | null): JsonTreatment {
  const bytes = Buffer.from(JSON.stringify(constant));
  return (_value, _kind, _start, _end, out) => {
    out.copy(bytes);
    return undefined;
  };
}

/** Makes a JSON string of the text that `out` ends with from `start` on, behind its quote. */
function escapeFrom(start: number, out: ByteWriter): void {
  result.reset();
  result.copy(out.bytes, start, out.length);
  out.length = start - 1;
  writeJsonString(out, result.bytes, 0, result.length);
}

function rewritten(action: MaskAction & { does: 'rewrite' }): JsonTreatment {
  const { output, rewrite } = action;
  return (value, kind, start, end, out, keys) => {
    if (kind === KIND.null) {
      out.copy(NULL);
      return undefined;
    }
    let [source, from, to] = [value, start, end];
    if (kind === KIND.escaped) {
      readText(value, kind, start, end);
      [source, from, to] = [text.bytes, 0, text.length];
    } else if (kind === KIND.string) {
      from++;
      to--;
    }
    if (output === 'number')
      return rewrite(source, from, to, out, keys) ? undefined : 'RECORD_VALUE_UNFIT';
    out.byte(QUOTE);
    const inside = out.length;
    if (!rewrite(source, from, to, out, keys)) return 'RECORD_VALUE_UNFIT';
    if (standsPlain(out.bytes, inside, out.length)) out.byte(QUOTE);
    else escapeFrom(inside, out);
    return undefined;
  };
}

const PLAIN_TYPES: Readonly<Record<number, PlainType>> = {
  [KIND.number]: 'number',
  [KIND.boolean]: 'boolean',
  [KIND.null]: 'null',
  [KIND.object]: 'json',
  [KIND.array]: 'json',
};

/** Whether writing `text` as a JSON string gives these very bytes. */
function rewritesTo(value: Buffer, start: number, end: number): boolean {
  result.reset();
  writeJsonString(result, text.bytes, 0, text.length);
  return value.compare(result.bytes, 0, result.length, start, end) === 0;
}

function sealed(cipher: FieldCipher): JsonTreatment {
  return (value, kind, start, end, out, keys) => {
    out.byte(QUOTE);
    if (kind === KIND.string) {
      cipher.sealInto(keys, 'string', value, start + 1, end - 1, out);
    } else if (kind === KIND.escaped) {
      // A lone surrogate has no UTF-8, so such a string keeps its escapes.
      const lone = readText(value, kind, start, end);
      if (!lone && rewritesTo(value, start, end))
        cipher.sealInto(keys, 'string', text.bytes, 0, text.length, out);
      else cipher.sealInto(keys, 'json', value, start, end, out);
    } else {
      cipher.sealInto(keys, PLAIN_TYPES[kind] ?? 'json', value, start, end, out);
    }
    out.byte(QUOTE);
    return undefined;
  };
}

const KINDS_OF_TYPE: Readonly<Partial<Record<PlainType, readonly number[]>>> = {
  number: [KIND.number],
  boolean: [KIND.boolean],
  null: [KIND.null],
  json: [KIND.string, KIND.escaped, KIND.number, KIND.boolean, KIND.null, KIND.object, KIND.array],
};

/** Writes an opened value; what cannot be JSON was not sealed by us and is refused. */
function writeOpened(out: ByteWriter, type: PlainType, plain: Buffer): RejectCode | undefined {
  if (firstInvalidUtf8(plain) >= 0) return 'RECORD_NOT_AUTHENTIC';
  if (type === 'string') {
    writeJsonString(out, plain);
  } else if (type === 'csv-quoted') {
    result.reset();
    undoubleQuotes(plain, 0, plain.length, result);
    writeJsonString(out, result.bytes, 0, result.length);
  } else {
    if (KINDS_OF_TYPE[type]?.includes(jsonKind(plain)) !== true) return 'RECORD_NOT_AUTHENTIC';
    out.copy(plain);
  }
  return undefined;
}

function opened(cipher: FieldCipher): JsonTreatment {
  return (value, kind, start, end, out, keys) => {
    // A plain value where a sealed one belongs did not come from encrypt.
    if (!looksSealed(value, kind, start, end)) return 'RECORD_NOT_AUTHENTIC';
    if (kind === KIND.string) readText(value, kind, start, end);
    const { type, plain } = cipher.open(keys, text.bytes.subarray(0, text.length));
    return writeOpened(out, type, plain);
  };
}

const onlyNull: JsonTreatment = (_value, kind, _start, _end, out) => {
  if (kind !== KIND.null) return 'RECORD_NOT_AUTHENTIC';
  out.copy(NULL);
  return undefined;
};

/** What a stage does to the JSON values of a field; undefined when they stay, or are left out. */
export function jsonTreatment(
  dataset: Dataset,
  field: Field,
  stage: Stage,
  subject: SubjectField,
): JsonTreatment | undefined {
  if (stage === 'mask') {
    const { path } = field;
    const action = maskAction(field.mask, {
      dataset: dataset.name,
      path,
      subject,
      goesWithSubject: field.maskGoesWithSubject,
    });
    if (action.does === 'fixed') return fixed(action.value);
    return action.does === 'rewrite' ? rewritten(action) : undefined;
  }
  if (field.encrypt === 'seal') return unknownTreatment(dataset, field.path, stage, field.seal);
  if (field.encrypt !== 'null') return undefined;
  return stage === 'encrypt' ? fixed(null) : onlyNull;
}

/** What a stage does to a value that it seals or opens under this pattern. */
export function unknownTreatment(
  dataset: Dataset,
  pattern: string,
  stage: 'encrypt' | 'open',
  method: SealMethod = dataset.unknownSeal,
): JsonTreatment {
  return stage === 'encrypt'
    ? sealed(fieldCipher(dataset.name, pattern, method))
    : openTreatment(dataset.name, pattern, method);
}

/** Opens what was sealed under this pattern. */
export function openTreatment(dataset: string, pattern: string, method: SealMethod): JsonTreatment {
  return opened(fieldCipher(dataset, pattern, method));
}
