import type { ByteRange, RejectCode } from '@sealstream/contracts';
import type { KeySource, PlainType } from '@sealstream/crypto';
import {
  type AvroSpan,
  behindLong,
  ByteWriter,
  isJsonNumber,
  isWhole,
  KIND,
  writeAvroCount,
  writeAvroFloat,
  writeAvroNumber,
  writeAvroText,
  writeAvroWhole,
} from '@sealstream/records';
import type { ValueTreatment } from './value-treatment.ts';

/**
 * Writes what the value of a span becomes, the number of its branch included, or tells why it cannot.
 * Working memory is shared by all treatments: one record at a time, nothing kept.
 */
export type AvroTreatment = (
  bytes: Buffer,
  span: AvroSpan,
  out: ByteWriter,
  keys: KeySource,
) => RejectCode | undefined;

const text = new ByteWriter();
const result = new ByteWriter();
const found: ByteRange = { bytes: text.bytes, from: 0, to: 0 };

/** The text of a value; the same object each time, good until the next one is asked for. */
export function avroText(bytes: Buffer, span: AvroSpan): ByteRange {
  const { end, inside, type } = span;
  if (type.is === 'string') {
    // It stands in the record as it is, behind its length.
    found.bytes = bytes;
    found.from = behindLong(bytes, inside);
    found.to = end;
    return found;
  }
  text.reset();
  writeAvroText(bytes, inside, type, text);
  found.bytes = text.bytes;
  found.from = 0;
  found.to = text.length;
  return found;
}

/** Writes the number of a branch, where the new type is a union. */
function writeBranch(out: ByteWriter, place: number | undefined): void {
  if (place !== undefined && place >= 0) writeAvroCount(out, place);
}

/** Writes what `result` holds as a string. */
function writeResult({ op }: AvroSpan, out: ByteWriter): void {
  writeBranch(out, op?.some);
  writeAvroCount(out, result.length);
  out.copy(result.bytes, 0, result.length);
}

function fixed(constant: string | number | boolean | null): AvroTreatment {
  const value = new ByteWriter(64);
  if (typeof constant === 'string') {
    const bytes = Buffer.from(constant);
    writeAvroCount(value, bytes.length);
    value.copy(bytes);
  } else if (typeof constant === 'boolean') {
    value.byte(constant ? 1 : 0);
  } else if (isWhole(constant)) {
    writeAvroWhole(value, String(constant), 'long');
  } else if (constant !== null) {
    writeAvroFloat(value, constant, 'double');
  }
  const written = value.take();
  return (_bytes, { op }, out) => {
    writeBranch(out, op?.some);
    out.copy(written);
    return undefined;
  };
}

const PLAIN_TYPES: Readonly<Record<number, PlainType>> = {
  [KIND.string]: 'string',
  [KIND.number]: 'number',
  [KIND.boolean]: 'boolean',
  [KIND.null]: 'null',
};

/** The type that a value is sealed with: the one that the same value has in JSON. */
function plainType(bytes: Buffer, { inside, kind, type }: AvroSpan): PlainType {
  // NaN and the infinities are no numbers of JSON's.
  if (kind === KIND.number && !isJsonNumber(bytes, inside, type)) return 'string';
  return PLAIN_TYPES[kind] ?? 'json';
}

/** The same, of a union with the number of the branch that it writes. */
export function avroTreatment(treatment: ValueTreatment): AvroTreatment {
  if (treatment.writes === 'constant') return fixed(treatment.value);
  const { hidesNull, write, writes } = treatment;
  return (bytes, span, out, keys) => {
    const { kind, start, end, inside, type, op } = span;
    if (kind === KIND.null && !hidesNull) {
      if (writes === 'number') out.copy(bytes, start, end);
      else writeBranch(out, op?.none);
      return undefined;
    }
    result.reset();
    if (!write(avroText(bytes, span), plainType(bytes, span), result, keys))
      return 'RECORD_VALUE_UNFIT';
    if (writes === 'text') {
      writeResult(span, out);
      return undefined;
    }
    out.copy(bytes, start, inside);
    const number = result.bytes.toString('latin1', 0, result.length);
    return writeAvroNumber(out, number, type) ? undefined : 'RECORD_VALUE_UNFIT';
  };
}
