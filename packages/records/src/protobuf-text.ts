import { SealstreamError } from '@sealstream/contracts';
import { ByteWriter } from './byte-writer.ts';
import { writeJsonString } from './json-text.ts';
import { enumNumber, isFiniteScalar, protoWire, scalarText } from './protobuf-scalars.ts';
import { type ProtoFieldOp, protoKind, type ProtoMessageOp } from './protobuf-ops.ts';
import { behindElement, WIRE, WireReader } from './protobuf-wire.ts';
import { KIND } from './shape.ts';

/** A value in a record that was scanned, without its tag and length. */
interface Standing {
  readonly from: number;
  readonly to: number;
  readonly isPacked: boolean;
}

const write = (out: ByteWriter, text: string): void => out.copy(Buffer.from(text));

/** The text of the default, which a field has that is not there. */
export function protobufDefault({ is, isJoined, isMap, names }: ProtoFieldOp): string {
  if (isJoined && !isMap) return '[]';
  if (is === 'message') return '{}';
  if (is === 'enum') return names?.get(0) ?? '0';
  if (is === 'bool') return 'false';
  return is === 'string' || is === 'bytes' ? '' : '0';
}

/** Whether the text of a value is a number of JSON's: NaN and the infinities are none. */
export function isProtobufNumber(bytes: Buffer, at: number, { is }: ProtoFieldOp): boolean {
  return is === 'enum' || is === 'message' || isFiniteScalar(bytes, at, is);
}

/**
 * Writes the text of a value that a scan found at [from, to): numbers as JSON writes them, exactly; bytes
 * as base64; an enum by its name, or its number where it has none; a message as JSON, by the names of its
 * fields, without those that are not there. Throws RECORD_TOO_LARGE for JSON of more than `maxBytes`, which
 * names of the schema can make of few bytes.
 */
export function writeProtobufText(
  bytes: Buffer,
  from: number,
  to: number,
  op: ProtoFieldOp,
  out: ByteWriter,
  maxBytes: number,
): void {
  const { inner, is, names } = op;
  if (is === 'string') out.copy(bytes, from, to);
  else if (is === 'bytes') write(out, bytes.toString('base64', from, to));
  else if (is === 'enum') {
    const number = enumNumber(bytes, from);
    write(out, names?.get(number) ?? String(number));
  } else if (is !== 'message') write(out, scalarText(bytes, from, is));
  else if (inner !== undefined)
    new ProtobufJson(bytes, out, maxBytes).message(inner, [{ from, to, isPacked: false }]);
}

/** Writes all that stands of a repeated field or map in the message at [from, to) as JSON; the same limit. */
export function writeJoinedText(
  bytes: Buffer,
  from: number,
  to: number,
  op: ProtoFieldOp,
  out: ByteWriter,
  maxBytes: number,
): void {
  const json = new ProtobufJson(bytes, out, maxBytes);
  const fields = new Map([[op.number, op]]);
  const found = json.standing(fields, [{ from, to, isPacked: false }]);
  json.field(op, found.get(op) ?? []);
}

/** Writes values that were scanned as JSON. */
class ProtobufJson {
  readonly #bytes: Buffer;
  readonly #out: ByteWriter;
  readonly #wire = new WireReader();
  readonly #text = new ByteWriter(64);
  readonly #maxLength: number;

  constructor(bytes: Buffer, out: ByteWriter, maxBytes: number) {
    this.#maxLength = out.length + maxBytes;
    this.#bytes = bytes;
    this.#wire.bytes = bytes;
    this.#out = out;
  }

  /** Of a message that stands in parts a reader sees them as one. */
  message({ fields }: ProtoMessageOp, parts: readonly Standing[]): void {
    const found = this.standing(fields, parts);
    let before = '{';
    for (const op of fields.values()) {
      const all = found.get(op);
      if (all === undefined) continue;
      if (this.#out.length > this.#maxLength) throw new SealstreamError('RECORD_TOO_LARGE');
      write(this.#out, `${before}"${op.name}":`);
      this.field(op, all);
      before = ',';
    }
    write(this.#out, before === '{' ? '{}' : '}');
  }

  /** What stands of each field. */
  standing(
    fields: ReadonlyMap<number, ProtoFieldOp>,
    parts: readonly Standing[],
  ): Map<ProtoFieldOp, Standing[]> {
    const found = new Map<ProtoFieldOp, Standing[]>();
    const wire = this.#wire;
    for (const { from, to } of parts)
      for (let at = from; at < to; ) {
        at = wire.next(at, to, 1);
        // Precondition: a scan has accepted the record.
        if (at < 0) throw new SealstreamError('RECORD_INVALID_PROTOBUF');
        const op = fields.get(wire.number);
        if (op === undefined) continue;
        const isPacked = wire.wire === WIRE.bytes && protoWire(op.is) !== WIRE.bytes;
        const one = { from: wire.inside, to: at, isPacked };
        const all = found.get(op);
        if (all === undefined) found.set(op, [one]);
        else all.push(one);
        // Of a oneof only what stands last is there.
        for (const { number } of op.oneof?.fields ?? []) {
          const other = fields.get(number);
          if (other !== undefined && other !== op) found.delete(other);
        }
      }
    return found;
  }

  field(op: ProtoFieldOp, all: readonly Standing[]): void {
    if (op.isMap) this.#map(op, all);
    else if (op.isRepeated) this.#list(op, all);
    else this.#value(op, all);
  }

  #list(op: ProtoFieldOp, all: readonly Standing[]): void {
    let before = '[';
    for (const one of all)
      for (const part of one.isPacked ? this.#elements(op, one) : [one]) {
        write(this.#out, before);
        before = ',';
        this.#value(op, [part]);
      }
    write(this.#out, before === '[' ? '[]' : ']');
  }

  #elements({ is }: ProtoFieldOp, { from, to }: Standing): Standing[] {
    const elements: Standing[] = [];
    for (let at = from; at < to; ) {
      const end = behindElement(this.#bytes, at, protoWire(is));
      elements.push({ from: at, to: end, isPacked: false });
      at = end;
    }
    return elements;
  }

  /** Of a key that stands twice the last value counts. */
  #map({ inner }: ProtoFieldOp, entries: readonly Standing[]): void {
    const [key, value] = [inner?.fields.get(1), inner?.fields.get(2)];
    if (inner === undefined || key === undefined || value === undefined) return;
    const values = new Map<string, readonly Standing[]>();
    for (const entry of entries) {
      const found = this.standing(inner.fields, [entry]);
      const at = found.get(key)?.at(-1);
      const name = at === undefined ? protobufDefault(key) : this.#keyText(key, at);
      values.set(name, found.get(value) ?? []);
    }
    let before = '{';
    for (const [name, all] of values) {
      write(this.#out, before);
      before = ',';
      writeJsonString(this.#out, Buffer.from(name));
      this.#out.byte(0x3a);
      this.#value(value, all);
    }
    write(this.#out, before === '{' ? '{}' : '}');
  }

  #keyText({ is }: ProtoFieldOp, { from, to }: Standing): string {
    if (is === 'enum' || is === 'message') return '';
    return is === 'string'
      ? this.#bytes.toString('utf8', from, to)
      : scalarText(this.#bytes, from, is);
  }

  /** One value; of what stands several times the last one, of a message all of them. */
  #value(op: ProtoFieldOp, all: readonly Standing[]): void {
    const { inner, is } = op;
    if (is === 'message') {
      if (inner !== undefined) this.message(inner, all);
      return;
    }
    const one = all.at(-1);
    const isText =
      protoKind(is) === KIND.string ||
      (one !== undefined && !isProtobufNumber(this.#bytes, one.from, op));
    if (is === 'string' && one !== undefined)
      return writeJsonString(this.#out, this.#bytes, one.from, one.to);
    this.#text.reset();
    if (one === undefined) write(this.#text, protobufDefault(op));
    else writeProtobufText(this.#bytes, one.from, one.to, op, this.#text, this.#maxLength);
    const { bytes, length } = this.#text;
    if (isText) writeJsonString(this.#out, bytes, 0, length);
    else this.#out.copy(bytes, 0, length);
  }
}
