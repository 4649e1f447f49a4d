import type { RejectCode } from '@sealstream/contracts';
import type { AvroArray, AvroMap, AvroType } from './avro-schema.ts';
import { type AvroFieldOp, avroKind, type AvroOp } from './avro-shape.ts';
import type { Fault } from './json-scanner.ts';
import { MAX_DEPTH } from './json-syntax.ts';
import { KIND } from './shape.ts';
import { firstInvalidUtf8 } from './utf8.ts';

/** What a span is that is no field and no cut. */
export const AVRO_SPAN = {
  /** An array or map all of whose elements are left out. */
  emptied: 9,
  /** A count of elements with the size of their bytes behind it, which will be another. */
  sized: 10,
} as const;

/** What was found in a record: a field, or what is to be left out or counted anew. */
export interface AvroSpan {
  slot: number;
  /** One of KIND or AVRO_SPAN. */
  kind: number;
  start: number;
  end: number;
  /** Where the value itself begins, behind the number of its branch. */
  inside: number;
  /** Of a span that is sized: how many elements. */
  count: number;
  /** Of a field: the branch that stands there, and the place in the schema. */
  type: AvroType;
  op: AvroFieldOp | undefined;
}

const NULL: AvroType = { is: 'null', written: {} };
/** Elements that take no bytes, beside those that do. */
const EMPTY_ELEMENTS_MAX = 65_536;
const LONG_BYTES_MAX = 10;
const UINT32 = 2 ** 32;

/**
 * Finds the fields of a shape in Avro records, one pass each.
 *
 * `scan` gives undefined when the record in [from, to) follows its schema to its last byte and fits the
 * shape; then `spans[0 .. count)` hold every field that stands in it in the order of their ends. What
 * does not follow the schema wins over what does not fit, and of several misfits the first is told.
 * Spans stay until the next scan.
 * Source: Avro 1.12, "Data Serialization and Deserialization".
 */
export class AvroScanner {
  readonly spans: AvroSpan[] = [];
  count = 0;
  readonly #root: AvroOp;
  #bytes: Buffer = Buffer.alloc(0);
  #from = 0;
  #to = 0;
  /** Elements that may still come. */
  #elements = 0;
  #value = 0;
  #fault: Fault | undefined;
  #misfit: Fault | undefined;

  constructor(root: AvroOp) {
    this.#root = root;
  }

  scan(bytes: Buffer, from = 0, to = bytes.length): Fault | undefined {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
    this.#elements = to - from + EMPTY_ELEMENTS_MAX;
    this.count = 0;
    this.#fault = undefined;
    this.#misfit = undefined;
    const end = this.#walk(this.#root, from, 1);
    if (end >= 0 && end < to) this.#stop('RECORD_INVALID_AVRO', end);
    return this.#fault ?? this.#misfit;
  }

  #stop(code: RejectCode, at: number): number {
    this.#fault ??= { code, byte: at - this.#from };
    return -1;
  }

  #unfit(code: RejectCode, at: number, path: string): void {
    this.#misfit ??= { code, byte: at - this.#from, path };
  }

  #span(slot: number, kind: number, start: number, end: number): AvroSpan {
    let span = this.spans[this.count];
    if (span === undefined) {
      span = { slot, kind, start, end, inside: start, count: 0, type: NULL, op: undefined };
      this.spans.push(span);
    }
    this.count++;
    span.slot = slot;
    span.kind = kind;
    span.start = start;
    span.end = end;
    return span;
  }

  #walk(op: AvroOp, at: number, depth: number): number {
    switch (op.does) {
      case 'keep':
        return this.#skip(op.type, at, depth);
      case 'refuse':
        this.#unfit('RECORD_WRONG_TYPE', at, op.pattern);
        return this.#skip(op.type, at, depth);
      case 'field':
        return this.#field(op, at, depth);
      case 'union': {
        const inside = this.#branch(op.branches.length, at);
        const branch = op.branches[this.#value];
        if (inside < 0 || branch === undefined) return -1;
        if (branch.type.is === 'null' && op.requiredPattern !== '')
          this.#unfit('RECORD_MISSING_FIELD', at, op.requiredPattern);
        return this.#walk(branch, inside, depth);
      }
      case 'each': {
        const end = this.#blocks(op.type, op, at, depth);
        if (op.cut && end >= 0) this.#span(op.slot, AVRO_SPAN.emptied, at, end);
        return end;
      }
      case 'record':
        break;
    }
    if (depth > MAX_DEPTH) return this.#stop('RECORD_TOO_DEEP', at);
    let pos = at;
    for (const { op: member, cut, slot } of op.members) {
      const start = pos;
      pos = this.#walk(member, start, depth + 1);
      if (pos < 0) return -1;
      if (cut) this.#span(slot, KIND.cut, start, pos);
    }
    return pos;
  }

  #field(op: AvroFieldOp, at: number, depth: number): number {
    let inside = at;
    let { type } = op;
    if (type.is === 'union') {
      inside = this.#branch(type.branches.length, at);
      const branch = type.branches[this.#value];
      if (inside < 0 || branch === undefined) return -1;
      type = branch;
    }
    const end = this.#skip(type, inside, depth);
    if (end < 0) return -1;
    const kind = avroKind(type);
    if (kind === KIND.null) {
      if (op.required) this.#unfit('RECORD_MISSING_FIELD', at, op.pattern);
    } else if ((op.kinds & (1 << kind)) === 0) {
      this.#unfit('RECORD_WRONG_TYPE', at, op.pattern);
    }
    const span = this.#span(op.slot, kind, at, end);
    span.inside = inside;
    span.type = type;
    span.op = op;
    return end;
  }

  /** The place behind the value, which must follow its type. */
  #skip(type: AvroType, at: number, depth: number): number {
    switch (type.is) {
      case 'null':
        return at;
      case 'boolean':
        return at < this.#to && this.#bytes[at] <= 1 ? at + 1 : this.#bad(at);
      case 'int':
        return this.#long(at, true);
      case 'long':
        return this.#long(at, false);
      case 'float':
        return this.#room(at, 4);
      case 'double':
        return this.#room(at, 8);
      case 'fixed':
        return this.#room(at, type.size);
      case 'bytes':
        return this.#sized(at);
      case 'string':
        return this.#string(at);
      case 'enum':
        return this.#branch(type.symbols.length, at);
      case 'union': {
        const inside = this.#branch(type.branches.length, at);
        const branch = type.branches[this.#value];
        return inside < 0 || branch === undefined ? -1 : this.#skip(branch, inside, depth);
      }
      case 'record': {
        if (depth > MAX_DEPTH) return this.#stop('RECORD_TOO_DEEP', at);
        let pos = at;
        for (const field of type.fields) {
          pos = this.#skip(field.type, pos, depth + 1);
          if (pos < 0) return -1;
        }
        return pos;
      }
      case 'array':
      case 'map':
        break;
    }
    return this.#blocks(type, undefined, at, depth);
  }

  #blocks(
    type: AvroArray | AvroMap,
    op: (AvroOp & { does: 'each' }) | undefined,
    at: number,
    depth: number,
  ): number {
    if (depth > MAX_DEPTH) return this.#stop('RECORD_TOO_DEEP', at);
    let pos = at;
    for (;;) {
      const start = pos;
      pos = this.#long(start, false);
      if (pos < 0) return -1;
      const count = Math.abs(this.#value);
      if (count === 0) return pos;
      if (count > this.#elements) return this.#bad(start);
      this.#elements -= count;
      let blockEnd = -1;
      if (this.#value < 0) {
        pos = this.#long(pos, false);
        if (pos < 0) return -1;
        blockEnd = pos + this.#value;
        if (this.#value < 0 || blockEnd > this.#to) return this.#bad(start);
        if (op?.changes === true && !op.cut)
          this.#span(op.slot, AVRO_SPAN.sized, start, pos).count = count;
      }
      for (let n = 0; n < count; n++) {
        if (type.is === 'map') pos = this.#string(pos);
        if (pos < 0) return -1;
        const inner = type.is === 'map' ? type.values : type.items;
        pos =
          op === undefined
            ? this.#skip(inner, pos, depth + 1)
            : this.#walk(op.each, pos, depth + 1);
        if (pos < 0) return -1;
      }
      if (blockEnd >= 0 && pos !== blockEnd) return this.#bad(start);
    }
  }

  #bad(at: number): number {
    return this.#stop('RECORD_INVALID_AVRO', at);
  }

  #room(at: number, size: number): number {
    return size <= this.#to - at ? at + size : this.#bad(at);
  }

  /** Reads a whole number into `#value`, exact up to 2^53. */
  #long(at: number, isInt: boolean): number {
    let raw = 0;
    let scale = 1;
    for (let pos = at; pos < this.#to && pos - at < LONG_BYTES_MAX; pos++) {
      const byte = this.#bytes[pos];
      // Of the tenth byte one bit is left of 64.
      if (pos - at === LONG_BYTES_MAX - 1 && byte > 1) break;
      raw += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte >= 0x80) continue;
      if (isInt && raw >= UINT32) break;
      this.#value = raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
      return pos + 1;
    }
    return this.#bad(at);
  }

  /** Reads the number of a branch or symbol into `#value`. */
  #branch(count: number, at: number): number {
    const end = this.#long(at, true);
    return end >= 0 && (this.#value < 0 || this.#value >= count) ? this.#bad(at) : end;
  }

  /** A length and so many bytes. */
  #sized(at: number): number {
    const from = this.#long(at, false);
    if (from < 0) return -1;
    return this.#value < 0 ? this.#bad(at) : this.#room(from, this.#value);
  }

  #string(at: number): number {
    const end = this.#sized(at);
    if (end < 0) return -1;
    const from = end - this.#value;
    let bits = 0;
    for (let pos = from; pos < end; pos++) bits |= this.#bytes[pos];
    if (bits < 0x80) return end;
    const invalid = firstInvalidUtf8(this.#bytes, from, end);
    return invalid < 0 ? end : this.#stop('RECORD_INVALID_UTF8', invalid);
  }
}
