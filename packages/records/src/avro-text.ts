import { ByteWriter } from './byte-writer.ts';
import {
  avroLong,
  behindLong,
  decimalBytes,
  decimalText,
  floatText,
  writeAvroCount,
  writeAvroFloat,
  writeAvroWhole,
} from './avro-numbers.ts';
import type { AvroFixed, AvroPlainType, AvroType, LogicalName } from './avro-schema.ts';
import { avroKind } from './avro-shape.ts';
import { writeJsonString } from './json-text.ts';
import { KIND } from './shape.ts';

const DAY_MS = 86_400_000;
const DAY_SECONDS = 86_400n;
/** What a Date can hold, in seconds. */
const DATE_SECONDS_MAX = 8_640_000_000_000n;

/** Digits behind the second. */
const FRACTION: Readonly<Record<string, number>> = { millis: 3, micros: 6, nanos: 9 };

/** Text of a date or time; beyond what ISO 8601 and a Date can say, the number itself. */
function timeText(logical: LogicalName, value: bigint): string {
  if (logical === 'date') {
    const date = new Date(Number(value) * DAY_MS);
    return Number.isNaN(date.getTime()) ? String(value) : dateOf(date);
  }
  const unit = logical.slice(logical.lastIndexOf('-') + 1);
  const places = FRACTION[unit] ?? 0;
  const perSecond = 10n ** BigInt(places);
  let fraction = value % perSecond;
  if (fraction < 0n) fraction += perSecond;
  const seconds = (value - fraction) / perSecond;
  const isTime = logical.startsWith('time-');
  const isBeyond = isTime
    ? seconds < 0n || seconds >= DAY_SECONDS
    : seconds >= DATE_SECONDS_MAX || seconds < -DATE_SECONDS_MAX;
  if (isBeyond) return String(value);
  const iso = new Date(Number(seconds) * 1_000).toISOString();
  const clock = `${iso.slice(iso.indexOf('T') + 1, -5)}.${String(fraction).padStart(places, '0')}`;
  if (isTime) return clock;
  return `${iso.slice(0, iso.indexOf('T'))}T${clock}${logical.startsWith('local') ? '' : 'Z'}`;
}

function dateOf(date: Date): string {
  const iso = date.toISOString();
  return iso.slice(0, iso.indexOf('T'));
}

const write = (out: ByteWriter, text: string): void => out.copy(Buffer.from(text));

/** Place of the inside of a string or bytes at `at`. */
function insideOf(bytes: Buffer, at: number): { from: number; to: number } {
  const from = behindLong(bytes, at);
  let raw = 0;
  // A length is far below 2^53, where numbers are exact and faster than BigInt.
  for (let pos = from - 1; pos >= at; pos--) raw = raw * 0x80 + (bytes[pos] & 0x7f);
  return { from, to: from + raw / 2 };
}

function writeBytes(
  bytes: Buffer,
  from: number,
  to: number,
  { logical, scale = 0 }: AvroPlainType | AvroFixed,
  out: ByteWriter,
): void {
  if (logical === 'decimal') write(out, decimalText(bytes, from, to, scale));
  else write(out, bytes.toString('base64', from, to));
}

/**
 * Writes the text of a value that a scan found at `at`: numbers as JSON writes them, exactly; dates and
 * times as ISO 8601; decimals with their point; bytes as base64; records, arrays and maps as JSON.
 */
export function writeAvroText(bytes: Buffer, at: number, type: AvroType, out: ByteWriter): void {
  switch (type.is) {
    case 'null':
      return write(out, 'null');
    case 'boolean':
      return write(out, bytes[at] === 1 ? 'true' : 'false');
    case 'int':
    case 'long': {
      const value = avroLong(bytes, at);
      const { logical } = type;
      return write(out, logical === undefined ? String(value) : timeText(logical, value));
    }
    case 'float':
      return write(out, floatText(bytes.readFloatLE(at), 'float'));
    case 'double':
      return write(out, floatText(bytes.readDoubleLE(at), 'double'));
    case 'string': {
      const { from, to } = insideOf(bytes, at);
      return out.copy(bytes, from, to);
    }
    case 'bytes': {
      const { from, to } = insideOf(bytes, at);
      return writeBytes(bytes, from, to, type, out);
    }
    case 'fixed':
      return writeBytes(bytes, at, at + type.size, type, out);
    case 'enum':
      return write(out, type.symbols[Number(avroLong(bytes, at))] ?? '');
    case 'record':
    case 'array':
    case 'map':
    case 'union':
      new AvroJson(bytes, out).value(type, at);
  }
}

/** Whether the text of a number is one of JSON's: NaN and the infinities are none. */
export function isJsonNumber(bytes: Buffer, at: number, type: AvroType): boolean {
  if (type.is === 'float') return Number.isFinite(bytes.readFloatLE(at));
  return type.is !== 'double' || Number.isFinite(bytes.readDoubleLE(at));
}

/** Writes the number that a plain decimal text is, as a value of `type`; false when it does not fit. */
export function writeAvroNumber(out: ByteWriter, text: string, type: AvroType): boolean {
  switch (type.is) {
    case 'int':
    case 'long':
      return writeAvroWhole(out, text, type.is);
    case 'float':
    case 'double': {
      const value = Number(text);
      const isFinite = Number.isFinite(type.is === 'float' ? Math.fround(value) : value);
      if (isFinite) writeAvroFloat(out, value, type.is);
      return isFinite;
    }
    case 'bytes':
    case 'fixed': {
      const { logical, scale = 0 } = type;
      const size = type.is === 'fixed' ? type.size : undefined;
      const bytes = logical === 'decimal' ? decimalBytes(text, scale, size) : undefined;
      if (bytes === undefined) return false;
      if (size === undefined) writeAvroCount(out, bytes.length);
      out.copy(bytes);
      return true;
    }
    case 'null':
    case 'boolean':
    case 'string':
    case 'enum':
    case 'record':
    case 'array':
    case 'map':
    case 'union':
      break;
  }
  return false;
}

/** Writes values that were scanned as JSON, the branch of a union as its value alone. */
class AvroJson {
  readonly #bytes: Buffer;
  readonly #out: ByteWriter;
  readonly #text = new ByteWriter(64);

  constructor(bytes: Buffer, out: ByteWriter) {
    this.#bytes = bytes;
    this.#out = out;
  }

  /** The place behind the value. */
  value(type: AvroType, at: number): number {
    const bytes = this.#bytes;
    switch (type.is) {
      case 'union': {
        const branch = type.branches[Number(avroLong(bytes, at))];
        return branch === undefined ? at : this.value(branch, behindLong(bytes, at));
      }
      case 'record':
        return this.#record(type.fields, at);
      case 'array':
        return this.#blocks(at, '[]', (item) => this.value(type.items, item));
      case 'map':
        return this.#blocks(at, '{}', (item) => {
          const { from, to } = insideOf(bytes, item);
          writeJsonString(this.#out, bytes, from, to);
          this.#out.byte(0x3a);
          return this.value(type.values, to);
        });
      case 'null':
      case 'boolean':
      case 'int':
      case 'long':
      case 'float':
      case 'double':
      case 'bytes':
      case 'string':
      case 'enum':
      case 'fixed':
        break;
    }
    this.#scalar(type, at);
    return behindScalar(bytes, at, type);
  }

  #record(
    fields: readonly { readonly name: string; readonly type: AvroType }[],
    from: number,
  ): number {
    let at = from;
    write(this.#out, '{');
    for (const [index, { name, type }] of fields.entries()) {
      write(this.#out, `${index === 0 ? '' : ','}"${name}":`);
      at = this.value(type, at);
    }
    write(this.#out, '}');
    return at;
  }

  #blocks(from: number, brackets: '[]' | '{}', each: (at: number) => number): number {
    const bytes = this.#bytes;
    write(this.#out, brackets.slice(0, 1));
    let at = from;
    for (let isFirst = true; ; ) {
      const count = Number(avroLong(bytes, at));
      at = behindLong(bytes, at);
      if (count === 0) break;
      if (count < 0) at = behindLong(bytes, at);
      for (let n = Math.abs(count); n > 0; n--, isFirst = false) {
        if (!isFirst) this.#out.byte(0x2c);
        at = each(at);
      }
    }
    write(this.#out, brackets.slice(1));
    return at;
  }

  #scalar(type: AvroType, at: number): void {
    const kind = avroKind(type);
    if (kind !== KIND.string && isJsonNumber(this.#bytes, at, type)) {
      writeAvroText(this.#bytes, at, type, this.#out);
      return;
    }
    this.#text.reset();
    writeAvroText(this.#bytes, at, type, this.#text);
    writeJsonString(this.#out, this.#text.bytes, 0, this.#text.length);
  }
}

function behindScalar(bytes: Buffer, at: number, type: AvroType): number {
  switch (type.is) {
    case 'boolean':
      return at + 1;
    case 'float':
      return at + 4;
    case 'double':
      return at + 8;
    case 'int':
    case 'long':
    case 'enum':
      return behindLong(bytes, at);
    case 'string':
    case 'bytes':
      return insideOf(bytes, at).to;
    case 'fixed':
      return at + type.size;
    case 'null':
    case 'record':
    case 'array':
    case 'map':
    case 'union':
      break;
  }
  return at;
}
