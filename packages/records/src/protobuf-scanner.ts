import type { RejectCode } from '@sealstream/contracts';
import type { Fault } from './json-scanner.ts';
import { MAX_DEPTH } from './json-syntax.ts';
import { protoWire } from './protobuf-scalars.ts';
import type { ProtoFieldOp, ProtoMessageOp } from './protobuf-ops.ts';
import type { ProtobufShape } from './protobuf-shape.ts';
import { WIRE, WireReader } from './protobuf-wire.ts';
import { KIND } from './shape.ts';
import { firstInvalidUtf8 } from './utf8.ts';

/** What a span of a Protobuf record is. */
export const PROTO_SPAN = {
  /** A value with its tag, to be written where it stands. */
  value: 1,
  /** So many numbers behind one tag and length, each a value. */
  packed: 2,
  /**
   * A value to be written at the end of its message, wherever it stood, or as its default when it did
   * not: its place would tell one from the other.
   */
  moved: 3,
  /** What stood of a value that is moved. */
  gone: 4,
  /** What is left out. */
  cut: 5,
  /** Tag and length of a message whose inside follows as spans of its own. */
  open: 6,
  /** The end of that message. */
  close: 7,
} as const;

/** What was found in a record. */
export interface ProtoSpan {
  kind: number;
  slot: number;
  /** With its tag; of what is absent, where it would stand. */
  start: number;
  end: number;
  /** Where the value itself begins, behind its length; of a message, where its inside does. */
  inside: number;
  /** Of a joined value: the message that holds all of it. Equal where it is absent. */
  from: number;
  to: number;
  /** How many values. */
  count: number;
  /** Undefined for numbers that the schema does not have. */
  op: ProtoFieldOp | undefined;
}

/** Spans that stand for nothing in the record, beside those that do. */
const EXTRA_SPANS = 65_536;
/** In all, and how many are kept for the next record. */
const SPANS_MAX = 1_000_000;
const SPANS_KEPT = 1_024;

/**
 * Finds the fields of a shape in Protobuf records, one pass each.
 *
 * `scan` gives undefined when the record in [from, to) follows its schema to its last byte and fits the
 * shape; then `spans[0 .. count)` are what has to be written, in this order. What does not follow the
 * schema wins over what does not fit, and of several misfits the first is told. Spans stay until the
 * next scan. Source: "Encoding", https://protobuf.dev/programming-guides/encoding.
 */
export class ProtobufScanner {
  readonly spans: ProtoSpan[] = [];
  count = 0;
  readonly #root: ProtoMessageOp;
  readonly #patterns: readonly string[];
  /** What happens to numbers that the schema does not have. */
  readonly #cutsUnknown: boolean;
  readonly #wire = new WireReader();
  /** By the index of a field: in which message it stood last, and at which span. */
  readonly #seenIn: Float64Array;
  readonly #seenAt: Float64Array;
  #visits = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #from = 0;
  #spansMax = 0;
  #fault: Fault | undefined;
  #misfit: Fault | undefined;

  constructor({ fieldCount, root, shape }: ProtobufShape) {
    this.#root = root;
    this.#patterns = shape.patterns;
    this.#cutsUnknown = shape.unknown === 'cut';
    this.#seenIn = new Float64Array(fieldCount);
    this.#seenAt = new Float64Array(fieldCount);
  }

  scan(bytes: Buffer, from = 0, to = bytes.length): Fault | undefined {
    this.#bytes = bytes;
    this.#wire.bytes = bytes;
    this.#wire.isDeep = false;
    this.#from = from;
    this.#spansMax = Math.min(to - from + EXTRA_SPANS, SPANS_MAX);
    if (this.spans.length > SPANS_KEPT) this.spans.length = SPANS_KEPT;
    this.count = 0;
    this.#fault = undefined;
    this.#misfit = undefined;
    this.#message(this.#root, from, to, 1);
    return this.#fault ?? this.#misfit;
  }

  #stop(code: RejectCode, at: number, path?: string): false {
    this.#fault ??= { code, byte: at - this.#from, ...(path !== undefined && { path }) };
    return false;
  }

  #unfit(code: RejectCode, at: number, path: string): void {
    this.#misfit ??= { code, byte: at - this.#from, path };
  }

  #span(kind: number, slot: number, start: number, end: number): ProtoSpan {
    let span = this.spans[this.count];
    if (span === undefined) {
      span = { kind, slot, start, end, inside: 0, from: 0, to: 0, count: 1, op: undefined };
      this.spans.push(span);
    }
    this.count++;
    span.kind = kind;
    span.slot = slot;
    span.start = start;
    span.end = end;
    span.count = 1;
    span.op = undefined;
    return span;
  }

  /** False when the record cannot be read on; so for all that follow. */
  #message(op: ProtoMessageOp, from: number, to: number, depth: number): boolean {
    if (depth > MAX_DEPTH) return this.#stop('RECORD_TOO_DEEP', from);
    const visit = ++this.#visits;
    const wire = this.#wire;
    for (let at = from; at < to; ) {
      const end = wire.next(at, to, depth);
      if (end < 0)
        return this.#stop(wire.isDeep ? 'RECORD_TOO_DEEP' : 'RECORD_INVALID_PROTOBUF', wire.badAt);
      const field = op.fields.get(wire.number);
      if (field === undefined) this.#unknown(op.slot, at, end);
      else if (!this.#field(field, at, end, depth, visit)) return false;
      if (this.count > this.#spansMax) return this.#stop('RECORD_TOO_LARGE', at);
      at = end;
    }
    for (const field of op.required)
      if (this.#seenIn[field.index] !== visit)
        this.#unfit('RECORD_MISSING_FIELD', to, field.pattern);
    for (const field of op.defaulted) this.#move(field, visit, from, to);
    // Messages that are empty take two bytes, and may have many fields that are not there.
    return this.count <= this.#spansMax || this.#stop('RECORD_TOO_LARGE', from);
  }

  #unknown(slot: number, at: number, end: number): void {
    if (this.#cutsUnknown) this.#span(PROTO_SPAN.cut, slot, at, end);
    else this.#unfit('RECORD_UNKNOWN_FIELD', at, this.#patterns[slot] ?? '');
  }

  /** Takes the field that was read last. */
  #field(op: ProtoFieldOp, at: number, end: number, depth: number, visit: number): boolean {
    const { inside, wire } = this.#wire;
    const { does, index, inner, is, pattern } = op;
    const isPacked = wire === WIRE.bytes && op.isRepeated && protoWire(is) !== WIRE.bytes;
    if (wire !== protoWire(is) && !isPacked)
      return this.#stop('RECORD_INVALID_PROTOBUF', at, pattern);
    const isAgain = this.#seenIn[index] === visit;
    this.#seenIn[index] = visit;
    // Readers merge the parts, so that what one part lacks is no default.
    if (isAgain && !op.isRepeated && inner?.needsWhole === true)
      this.#unfit('RECORD_DUPLICATE_FIELD', at, pattern);
    if (is === 'string' && !this.#isText(inside, end)) return false;
    const count = isPacked ? this.#elements(is, inside, end) : 1;
    if (count < 0) return false;
    if (does === 'keep') return true;
    // Only text that stays has to be looked at.
    if (does === 'value' && !op.cut && op.outcome.becomes === 'same' && op.kind !== KIND.string)
      return true;
    const before = this.count;
    if (does === 'inside') this.#open(op, at, end, inside);
    if (inner !== undefined && !this.#message(inner, inside, end, depth + 1)) return false;
    if (does === 'inside') {
      // Where nothing was found inside, all of it stays.
      if (this.count === before + 1) this.count = before;
      else this.#span(PROTO_SPAN.close, op.slot, end, end);
      return true;
    }
    this.count = before;
    this.#seenAt[index] = before;
    const span = this.#span(valueKind(op, isPacked, isAgain), op.slot, at, end);
    span.inside = inside;
    span.op = op;
    span.count = op.isJoined ? 1 : count;
    return true;
  }

  #open(op: ProtoFieldOp, at: number, end: number, inside: number): void {
    const span = this.#span(PROTO_SPAN.open, op.slot, at, end);
    span.inside = inside;
    span.op = op;
  }

  /** Puts a value at the end of the message in [from, to), whether it stood in it or not. */
  #move(op: ProtoFieldOp, visit: number, from: number, to: number): void {
    const isThere = this.#seenIn[op.index] === visit;
    // Of several the last one counts, for every reader.
    const last = isThere ? this.spans[this.#seenAt[op.index]] : undefined;
    const { start, end, inside } = last ?? { start: to, end: to, inside: to };
    const span = this.#span(PROTO_SPAN.moved, op.slot, start, end);
    span.inside = inside;
    span.from = isThere ? from : to;
    span.to = to;
    span.op = op;
  }

  #isText(from: number, to: number): boolean {
    let bits = 0;
    for (let at = from; at < to; at++) bits |= this.#bytes[at];
    if (bits < 0x80) return true;
    const invalid = firstInvalidUtf8(this.#bytes, from, to);
    return invalid < 0 || this.#stop('RECORD_INVALID_UTF8', invalid);
  }

  /** How many numbers stand in [from, to), or -1. */
  #elements(is: ProtoFieldOp['is'], from: number, to: number): number {
    let count = 0;
    for (let at = from; at < to; count++) {
      at = this.#wire.element(protoWire(is), at, to);
      if (at >= 0) continue;
      this.#stop('RECORD_INVALID_PROTOBUF', this.#wire.badAt);
      return -1;
    }
    return count;
  }
}

function valueKind(
  { cut, isDefaulted, isJoined }: ProtoFieldOp,
  isPacked: boolean,
  isAgain: boolean,
) {
  // What is joined is one value, which counts once.
  if (cut) return isJoined && isAgain ? PROTO_SPAN.gone : PROTO_SPAN.cut;
  if (isDefaulted) return PROTO_SPAN.gone;
  return isPacked ? PROTO_SPAN.packed : PROTO_SPAN.value;
}
