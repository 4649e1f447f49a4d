import type { ByteRange, RejectCode } from '@sealstream/contracts';
import type { KeySource, PlainType } from '@sealstream/crypto';
import {
  behindElement,
  ByteWriter,
  isProtobufNumber,
  isWhole,
  KIND,
  PROTO_SPAN,
  type ProtoFieldOp,
  type ProtoSpan,
  protobufDefault,
  protoWire,
  WIRE,
  writeJoinedText,
  writeProtobufText,
  writeProtoNumber,
  writeProtoTag,
  writeVarint,
} from '@sealstream/records';
import type { ValueTreatment } from './value-treatment.ts';

/**
 * Writes what the value of a span becomes, with its tag, or tells why it cannot. Working memory is
 * shared by all treatments: one record at a time, nothing kept.
 */
export type ProtobufTreatment = (
  bytes: Buffer,
  span: ProtoSpan,
  out: ByteWriter,
  keys: KeySource,
) => RejectCode | undefined;

const text = new ByteWriter();
const result = new ByteWriter();
const found: ByteRange = { bytes: text.bytes, from: 0, to: 0 };

/** What a span holds at [at, end); what is not there holds its default. */
const isAbsent = ({ kind, start, end }: ProtoSpan): boolean =>
  kind === PROTO_SPAN.moved && start === end;

/** The text of a value; the same object each time, good until the next one. Throws RECORD_TOO_LARGE. */
export function protobufText(
  bytes: Buffer,
  span: ProtoSpan,
  op: ProtoFieldOp,
  maxBytes: number,
  at = span.inside,
): ByteRange {
  if (op.is === 'string' && !op.isJoined && !isAbsent(span)) {
    // It stands in the record as it is.
    found.bytes = bytes;
    found.from = at;
    found.to = span.end;
    return found;
  }
  text.reset();
  if (isAbsent(span)) text.copy(Buffer.from(protobufDefault(op)));
  else if (op.isJoined) writeJoinedText(bytes, span.from, span.to, op, text, maxBytes);
  else writeProtobufText(bytes, at, span.end, op, text, maxBytes);
  found.bytes = text.bytes;
  found.from = 0;
  found.to = text.length;
  return found;
}

const PLAIN_TYPES: Readonly<Record<number, PlainType>> = {
  [KIND.string]: 'string',
  [KIND.number]: 'number',
  [KIND.boolean]: 'boolean',
};

/** The type that a value is sealed with: the one that the same value has in JSON. */
function plainType(bytes: Buffer, span: ProtoSpan, op: ProtoFieldOp, at: number): PlainType {
  // NaN and the infinities are no numbers of JSON's.
  if (op.kind === KIND.number && !isAbsent(span) && !isProtobufNumber(bytes, at, op))
    return 'string';
  return PLAIN_TYPES[op.kind] ?? 'json';
}

/** Writes the value at `at` without its tag; false when it is unfit. */
type WriteOne = (
  bytes: Buffer,
  span: ProtoSpan,
  op: ProtoFieldOp,
  at: number,
  out: ByteWriter,
  keys: KeySource,
) => boolean;

function fixed(constant: string | number | boolean | null): WriteOne {
  const value = new ByteWriter(64);
  if (typeof constant === 'string') {
    const bytes = Buffer.from(constant);
    writeVarint(value, bytes.length);
    value.copy(bytes);
  } else if (typeof constant === 'boolean') value.byte(constant ? 1 : 0);
  else if (constant !== null)
    writeProtoNumber(value, String(constant), isWhole(constant) ? 'int64' : 'double');
  const written = value.take();
  return (_bytes, _span, _op, _at, out) => {
    out.copy(written);
    return true;
  };
}

function rewritten(
  { write, writes }: Exclude<ValueTreatment, { writes: 'constant' }>,
  maxBytes: number,
): WriteOne {
  return (bytes, span, op, at, out, keys) => {
    const type = plainType(bytes, span, op, at);
    result.reset();
    if (!write(protobufText(bytes, span, op, maxBytes, at), type, result, keys)) return false;
    if (writes === 'number') {
      const { is } = op;
      const number = result.bytes.toString('latin1', 0, result.length);
      return is !== 'enum' && is !== 'message' && writeProtoNumber(out, number, is);
    }
    writeVarint(out, result.length);
    out.copy(result.bytes, 0, result.length);
    return true;
  };
}

/**
 * What a stage writes for a value; several behind one tag stay so where their type does.
 *
 * @param maxBytes how large the text of a value may be
 */
export function protobufTreatment(treatment: ValueTreatment, maxBytes: number): ProtobufTreatment {
  const writeOne =
    treatment.writes === 'constant' ? fixed(treatment.value) : rewritten(treatment, maxBytes);
  const packed = new ByteWriter(64);
  return (bytes, span, out, keys) => {
    const { end, inside, kind, op } = span;
    if (op === undefined) return undefined;
    const wire = protoWire(op.outIs);
    if (kind !== PROTO_SPAN.packed) {
      writeProtoTag(out, op.outNumber, wire);
      return writeOne(bytes, span, op, inside, out, keys) ? undefined : 'RECORD_VALUE_UNFIT';
    }
    const isPacked = op.outNumber === op.number;
    const target = isPacked ? packed : out;
    packed.reset();
    for (let at = inside; at < end; at = behindElement(bytes, at, protoWire(op.is))) {
      if (!isPacked) writeProtoTag(out, op.outNumber, wire);
      if (!writeOne(bytes, span, op, at, target, keys)) return 'RECORD_VALUE_UNFIT';
    }
    if (!isPacked) return undefined;
    writeProtoTag(out, op.outNumber, WIRE.bytes);
    writeVarint(out, packed.length);
    out.copy(packed.bytes, 0, packed.length);
    return undefined;
  };
}
