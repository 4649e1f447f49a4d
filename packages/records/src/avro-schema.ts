import { SealstreamError } from '@sealstream/contracts';
import { MAX_DEPTH } from './json-syntax.ts';

/** Attributes of a type or field as they were written; empty where a name alone was written. */
export type Written = Readonly<Record<string, unknown>>;

const AVRO_PLAIN = [
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
] as const;
type PlainName = (typeof AVRO_PLAIN)[number];

/** The underlying type of each logical type that has a text of its own. */
const LOGICAL = {
  date: ['int'],
  'time-millis': ['int'],
  'time-micros': ['long'],
  'timestamp-millis': ['long'],
  'timestamp-micros': ['long'],
  'timestamp-nanos': ['long'],
  'local-timestamp-millis': ['long'],
  'local-timestamp-micros': ['long'],
  'local-timestamp-nanos': ['long'],
  decimal: ['bytes', 'fixed'],
} as const;
export type LogicalName = keyof typeof LOGICAL;

interface Logical {
  readonly logical?: LogicalName;
  /** Digits behind the point of a decimal. */
  readonly scale?: number;
}

export interface AvroPlainType extends Logical {
  readonly is: PlainName;
  readonly written: Written;
}

/** A type that has a name; `name` is the whole one. */
interface Named {
  readonly name: string;
  readonly namespace: string;
  readonly written: Written;
}

export interface AvroFixed extends Named, Logical {
  readonly is: 'fixed';
  readonly size: number;
}

export interface AvroEnum extends Named {
  readonly is: 'enum';
  readonly symbols: readonly string[];
}

export interface AvroField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  readonly written: Written;
}

export interface AvroRecord extends Named {
  readonly is: 'record';
  readonly fields: AvroField[];
}

export interface AvroArray {
  readonly is: 'array';
  readonly items: AvroType;
  readonly written: Written;
}

export interface AvroMap {
  readonly is: 'map';
  readonly values: AvroType;
  readonly written: Written;
}

export interface AvroUnion {
  readonly is: 'union';
  readonly branches: readonly AvroType[];
}

export type AvroNamed = AvroRecord | AvroEnum | AvroFixed;
export type AvroType = AvroPlainType | AvroNamed | AvroArray | AvroMap | AvroUnion;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const NOTHING: Written = {};

function unreadable(reason: string): SealstreamError {
  return new SealstreamError('SCHEMA_UNREADABLE', { reason });
}

const isPlain = (word: unknown): word is PlainName => AVRO_PLAIN.some((name) => name === word);

function isMap(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** A logical type that does not fit is ignored, as Avro's specification has it. */
function logicalOf(is: string, { logicalType, precision, scale = 0 }: Written): Logical {
  if (typeof logicalType !== 'string' || !Object.hasOwn(LOGICAL, logicalType)) return {};
  const logical = logicalType as LogicalName;
  if (!(LOGICAL[logical] as readonly string[]).includes(is)) return {};
  if (logical !== 'decimal') return { logical };
  if (!isCount(precision) || precision === 0 || !isCount(scale) || scale > precision) return {};
  return { logical, scale };
}

class Reader {
  readonly #named = new Map<string, AvroNamed>();

  read(written: unknown, namespace: string, depth: number): AvroType {
    if (depth > MAX_DEPTH) throw unreadable('nested too deep');
    if (typeof written === 'string') {
      if (isPlain(written)) return { is: written, written: NOTHING };
      const known = this.#named.get(wholeName(written, namespace)) ?? this.#named.get(written);
      if (known === undefined) throw unreadable('a name that is not defined');
      return known;
    }
    if (Array.isArray(written)) return this.#union(written, namespace, depth);
    if (!isMap(written)) throw unreadable('no type');
    const { type } = written;
    if (isPlain(type)) return { is: type, written, ...logicalOf(type, written) };
    if (type === 'array')
      return { is: 'array', items: this.read(written['items'], namespace, depth + 1), written };
    if (type === 'map')
      return { is: 'map', values: this.read(written['values'], namespace, depth + 1), written };
    if (type === 'record' || type === 'enum' || type === 'fixed')
      return this.#define(type, written, namespace, depth);
    // { "type": { … } } and { "type": "Name" } are written by some generators.
    return this.read(type, namespace, depth + 1);
  }

  #union(written: readonly unknown[], namespace: string, depth: number): AvroUnion {
    const branches = written.map((branch) => this.read(branch, namespace, depth + 1));
    const names = branches.map((branch) => ('name' in branch ? branch.name : branch.is));
    if (names.length === 0 || names.includes('union') || new Set(names).size < names.length)
      throw unreadable('a union that is none');
    return { is: 'union', branches };
  }

  #define(
    is: 'record' | 'enum' | 'fixed',
    written: Written,
    outer: string,
    depth: number,
  ): AvroNamed {
    const name = definedName(written, outer);
    const namespace = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '';
    if (!FULL_NAME.test(name) || isPlain(name)) throw unreadable('a name that is none');
    if (this.#named.has(name)) throw unreadable('a name that is defined twice');
    const named = { name, namespace, written };
    if (is === 'enum') {
      const { symbols } = written;
      const isGood = Array.isArray(symbols) && symbols.every((one) => NAME.test(String(one)));
      if (!isGood || new Set(symbols).size < symbols.length) throw unreadable('an enum');
      return this.#keep({ is, symbols: symbols.map(String), ...named });
    }
    if (is === 'fixed') {
      const { size } = written;
      if (!isCount(size)) throw unreadable('the size of a fixed');
      return this.#keep({ is, size, ...named, ...logicalOf(is, written) });
    }
    const record: AvroRecord = { is, fields: [], ...named };
    // Known before its fields are read, since one of them may hold it.
    this.#keep(record);
    const { fields } = written;
    if (!Array.isArray(fields)) throw unreadable('a record without fields');
    for (const field of fields) record.fields.push(this.#field(field, namespace, depth));
    if (new Set(record.fields.map((field) => field.name)).size < record.fields.length)
      throw unreadable('a field that stands twice');
    return record;
  }

  #field(written: unknown, namespace: string, depth: number): AvroField {
    if (!isMap(written)) throw unreadable('a field that is none');
    const { name, aliases = [], type } = written;
    if (typeof name !== 'string' || !NAME.test(name)) throw unreadable('a field without a name');
    if (!Array.isArray(aliases)) throw unreadable('aliases that are none');
    const known = aliases.filter((alias): alias is string => typeof alias === 'string');
    return { name, aliases: known, type: this.read(type, namespace, depth + 1), written };
  }

  #keep<T extends AvroNamed>(type: T): T {
    this.#named.set(type.name, type);
    return type;
  }
}

function wholeName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function definedName({ name, namespace }: Written, outer: string): string {
  if (typeof name !== 'string') throw unreadable('a type without a name');
  return wholeName(name, typeof namespace === 'string' ? namespace : outer);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A schema may be a name alone, and some registries give it without quotes.
    return text;
  }
}

/**
 * Reads an Avro schema (Avro 1.12, "Schema Declaration") with every name resolved.
 *
 * @param references texts of the schemas it is built on, each behind what it is built on itself
 * Throws SCHEMA_UNREADABLE.
 */
export function readAvroSchema(text: string, references: readonly string[] = []): AvroType {
  const reader = new Reader();
  for (const reference of references) reader.read(parsed(reference), '', 1);
  return reader.read(parsed(text), '', 1);
}
