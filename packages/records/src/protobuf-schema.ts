import { SealstreamError } from '@sealstream/contracts';
import { isMapKey, isProtoScalar, type ProtoScalar } from './protobuf-scalars.ts';
import { WELL_KNOWN_SCHEMA } from './protobuf-well-known.ts';
import { PROTO_LEVELS_MAX } from './protobuf-wire.ts';

/** A range of characters of a schema's text. */
interface Extent {
  readonly from: number;
  readonly to: number;
}

export interface ProtoField extends Extent {
  readonly name: string;
  readonly number: number;
  /** As it is written; of a map the type of its values. */
  readonly type: string;
  /** What stands before the type: `repeated`, `optional`, or nothing. */
  readonly label: string;
  /** The type of a map's keys; undefined for what is no map. */
  readonly keys: ProtoScalar | undefined;
  /** What stands between the number and the semicolon. */
  readonly options: string;
  readonly oneof: ProtoOneof | undefined;
}

export interface ProtoOneof extends Extent {
  readonly fields: ProtoField[];
}

export interface ProtoMessage {
  /** With package and outer messages before it. */
  readonly fullName: string;
  /** The messages that are defined inside it, in their order. */
  readonly nested: ProtoMessage[];
  /** The place behind its opening brace. */
  readonly inside: number;
  readonly fields: ProtoField[];
  /** Numbers that no field may have, first and last of each range. */
  readonly reserved: (readonly [number, number])[];
}

/** The messages and enums of one file. */
export interface ProtoFile {
  readonly text: string;
  /** In the order of the text, by their whole names. */
  readonly messages: ReadonlyMap<string, ProtoMessage>;
  /** Those that are inside no other, in their order. */
  readonly outer: readonly ProtoMessage[];
  /** Of each enum the first name of each number, by its whole name. */
  readonly enums: ReadonlyMap<string, EnumNames>;
}

type EnumNames = ReadonlyMap<number, string>;

/** The type of a value; of a map the type of its values. */
export type ProtoType =
  | { readonly is: ProtoScalar }
  | { readonly is: 'enum'; readonly names: EnumNames }
  | { readonly is: 'message'; readonly message: ProtoMessage };

interface Token extends Extent {
  readonly text: string;
}

const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\w.]+|\s+|[{}[\]()<>=;,:+\-/]/gy;
const COMMENT_OR_SPACE = /^(?:\s|\/[/*])/;
const NAME = /^[A-Za-z_]\w*$/;
const TYPE = /^\.?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
export const PROTO_NUMBER_MAX = 536_870_911;
const DEPTH_MAX = 64;
/** Of one message, reserved ranges among them; all of them are compared with each other. */
const FIELDS_MAX = 4_096;
/** Of a whole name; each part of it is a place where other names are looked for. */
const NAME_LENGTH_MAX = 1_024;

function unreadable(reason: string): SealstreamError {
  return new SealstreamError('SCHEMA_UNREADABLE', { reason });
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const found = TOKEN.exec(text)?.[0];
    if (found === undefined) throw unreadable('a character that no Protobuf schema has');
    if (!COMMENT_OR_SPACE.test(found)) tokens.push({ text: found, from, to: from + found.length });
  }
  return tokens;
}

class Parser {
  readonly messages = new Map<string, ProtoMessage>();
  readonly outer: ProtoMessage[] = [];
  readonly enums = new Map<string, EnumNames>();
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  file(): void {
    let scope = '';
    let isProto3 = false;
    while (this.#at < this.#tokens.length) {
      const word = this.#peek();
      if (word === 'message') this.outer.push(this.#message(scope, 1));
      else if (word === 'enum') this.#enum(scope);
      else if (word === 'service' || word === 'extend') this.#block();
      else if (word === 'package') {
        scope = this.#peek(1);
        this.#statement();
      } else if (word === 'syntax') {
        isProto3 = this.#peek(2).slice(1, -1) === 'proto3';
        this.#statement();
      } else this.#statement();
    }
    if (!isProto3) throw unreadable('another syntax than proto3');
  }

  #peek(ahead = 0): string {
    return this.#tokens[this.#at + ahead]?.text ?? '';
  }

  #next(): Token {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw unreadable('a schema that is cut');
    return token;
  }

  #expect(word: string): Token {
    const token = this.#next();
    if (token.text !== word) throw unreadable(`no ${word} where one belongs`);
    return token;
  }

  #match(pattern: RegExp): string {
    const { text } = this.#next();
    if (!pattern.test(text)) throw unreadable('no name where one belongs');
    return text;
  }

  /** Goes behind the next semicolon that stands in no brackets. */
  #statement(): void {
    for (let depth = 0; ; ) {
      const { text } = this.#next();
      if ('{[('.includes(text)) depth++;
      else if ('}])'.includes(text)) depth--;
      if (depth < 0) throw unreadable('a bracket too many');
      if (text === ';' && depth === 0) return;
    }
  }

  /** Goes behind the block that comes next. */
  #block(): void {
    while (this.#next().text !== '{');
    for (let depth = 1; depth > 0; ) {
      const { text } = this.#next();
      if (text === '{') depth++;
      else if (text === '}') depth--;
    }
  }

  #enum(scope: string): void {
    this.#expect('enum');
    const fullName = within(scope, this.#match(NAME));
    if (this.enums.has(fullName)) throw unreadable('an enum that stands twice');
    const names = new Map<number, string>();
    this.enums.set(fullName, names);
    this.#expect('{');
    while (this.#peek() !== '}') {
      const word = this.#peek();
      if (word === 'option' || word === 'reserved' || word === ';') this.#statement();
      else this.#enumValue(names);
    }
    this.#next();
  }

  #enumValue(names: Map<number, string>): void {
    const name = this.#match(NAME);
    this.#expect('=');
    const isNegative = this.#peek() === '-';
    if (isNegative) this.#next();
    const number = integerOf(this.#next().text) * (isNegative ? -1 : 1);
    this.#statement();
    if (!names.has(number)) names.set(number, name);
  }

  #message(scope: string, depth: number): ProtoMessage {
    if (depth > DEPTH_MAX) throw unreadable('nested too deep');
    this.#expect('message');
    const fullName = within(scope, this.#match(NAME));
    if (this.messages.has(fullName)) throw unreadable('a message that stands twice');
    if (fullName.length > NAME_LENGTH_MAX) throw unreadable('a name that is too long');
    const inside = this.#expect('{').to;
    const message: ProtoMessage = { fullName, inside, nested: [], fields: [], reserved: [] };
    this.messages.set(fullName, message);
    while (this.#peek() !== '}') {
      const word = this.#peek();
      const opens = this.#peek(2) === '{';
      if (word === ';') this.#next();
      else if (word === 'message' && opens) message.nested.push(this.#message(fullName, depth + 1));
      else if (word === 'enum' && opens) this.#enum(fullName);
      else if (word === 'oneof' && opens) this.#oneof(message);
      else if (word === 'reserved') this.#reserved(message);
      else if (word === 'option' || word === 'extensions') this.#statement();
      else if (word === 'extend') this.#block();
      else message.fields.push(this.#field(undefined));
    }
    this.#next();
    const { fields, reserved } = message;
    if (fields.length + reserved.length > FIELDS_MAX)
      throw unreadable('a message with too many fields');
    for (const key of ['name', 'number'] as const)
      if (new Set(fields.map((field) => field[key])).size < fields.length)
        throw unreadable(`a ${key} of a field that stands twice`);
    return message;
  }

  #oneof(message: ProtoMessage): void {
    const { from } = this.#next();
    this.#match(NAME);
    this.#expect('{');
    const fields: ProtoField[] = [];
    const oneof = { from, to: 0, fields };
    while (this.#peek() !== '}') {
      if (this.#peek() === 'option') this.#statement();
      else fields.push(this.#field(oneof));
    }
    oneof.to = this.#next().to;
    message.fields.push(...fields);
  }

  #field(oneof: ProtoOneof | undefined): ProtoField {
    const { from } = this.#tokens[this.#at] ?? this.#next();
    const hasLabel = this.#peek() === 'repeated' || this.#peek() === 'optional';
    const label = hasLabel ? this.#next().text : '';
    let keys: ProtoScalar | undefined;
    let type = this.#match(TYPE);
    if (type === 'map' && this.#peek() === '<') {
      this.#next();
      const word = this.#match(TYPE);
      if (!isMapKey(word)) throw unreadable('a key of a map that none can be');
      keys = word;
      this.#expect(',');
      type = this.#match(TYPE);
      this.#expect('>');
    }
    const name = this.#match(NAME);
    this.#expect('=');
    const number = numberOf(this.#next().text);
    const begin = this.#tokens[this.#at - 1]?.to ?? 0;
    this.#statement();
    const { from: end, to } = this.#tokens[this.#at - 1] ?? { from: begin, to: begin };
    const options = this.#text.slice(begin, end);
    return { from, to, name, number, type, label, keys, options, oneof };
  }

  #reserved({ reserved }: ProtoMessage): void {
    this.#next();
    for (;;) {
      const { text } = this.#next();
      if (text === ';') return;
      if (!/^\d/.test(text)) continue;
      const first = numberOf(text);
      if (this.#peek() !== 'to') {
        reserved.push([first, first]);
        continue;
      }
      this.#next();
      const last = this.#next().text;
      reserved.push([first, last === 'max' ? PROTO_NUMBER_MAX : numberOf(last)]);
    }
  }
}

function within(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

function integerOf(text: string): number {
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  if (!/^(?:\d+|0[xX][0-9a-fA-F]+)$/.test(text)) throw unreadable('a number that is none');
  return Number(text);
}

function numberOf(text: string): number {
  const number = integerOf(text);
  if (number < 1 || number > PROTO_NUMBER_MAX) throw unreadable('a number of a field that is none');
  return number;
}

/**
 * Reads a Protobuf schema (the language of proto3) as far as messages, fields and enums go; options and
 * services are passed over, and other files are not read. Throws SCHEMA_UNREADABLE.
 */
export function readProtobufSchema(text: string): ProtoFile {
  const parser = new Parser(text);
  parser.file();
  const { enums, messages, outer } = parser;
  return { text, messages, outer, enums };
}

/** Types that every Protobuf compiler brings along; read when the first of them is met. */
let wellKnown: ProtoFile | undefined;

/**
 * The type of a field. Beside those of the file itself the well-known types of google.protobuf are
 * known; undefined for a type of any other file.
 */
export function protoTypeOf(
  file: ProtoFile,
  { fullName }: ProtoMessage,
  { type }: ProtoField,
): ProtoType | undefined {
  if (isProtoScalar(type)) return { is: type };
  const own = resolved(file, type, fullName);
  if (own !== undefined || file === wellKnown) return own;
  wellKnown ??= readProtobufSchema(WELL_KNOWN_SCHEMA);
  return resolved(wellKnown, type, fullName);
}

/** Names are looked for in the message where they are written, then further and further outside. */
function resolved(
  { messages, enums }: ProtoFile,
  type: string,
  scope: string,
): ProtoType | undefined {
  const isWhole = type.startsWith('.');
  for (
    let outer = isWhole ? '' : scope;
    ;
    outer = outer.slice(0, Math.max(0, outer.lastIndexOf('.')))
  ) {
    const name = isWhole ? type.slice(1) : within(outer, type);
    const message = messages.get(name);
    if (message !== undefined) return { is: 'message', message };
    const names = enums.get(name);
    if (names !== undefined) return { is: 'enum', names };
    if (outer === '') return undefined;
  }
}

/**
 * The message that the indexes of Confluent's wire format name: the place among the outer messages, then
 * among those inside it, and so on. Throws SCHEMA_UNREADABLE when there is none, and inside a message
 * with maps: some writers count the hidden messages of maps among the others, and some do not. Without
 * indexes it is the first one, unless messages are nested so deep that an index looks like a record.
 */
export function protoMessageAt(file: ProtoFile, indexes: readonly number[]): ProtoMessage {
  if (indexes.length === 0) {
    if (levelsOf(file.outer) > PROTO_LEVELS_MAX)
      throw unreadable('messages that are nested too deep');
    return protoMessageAt(file, [0]);
  }
  let among = file.outer;
  let found: ProtoMessage | undefined;
  for (const index of indexes) {
    if (found?.fields.some(({ keys }) => keys !== undefined) === true)
      throw unreadable('an index into a message with maps');
    found = among[index];
    if (found === undefined) break;
    among = found.nested;
  }
  if (found === undefined) throw unreadable('no message at the index');
  return found;
}

function levelsOf(messages: readonly ProtoMessage[]): number {
  return messages.reduce((most, { nested }) => Math.max(most, 1 + levelsOf(nested)), 0);
}
