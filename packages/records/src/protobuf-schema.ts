import { SealstreamError } from '@sealstream/contracts';

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
  readonly keys: string | undefined;
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
  readonly enums: ReadonlySet<string>;
}

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
  readonly enums = new Set<string>();
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
      if (word === 'message') this.#message(scope, 1);
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
    this.enums.add(within(scope, this.#peek(1)));
    this.#block();
  }

  #message(scope: string, depth: number): void {
    if (depth > DEPTH_MAX) throw unreadable('nested too deep');
    this.#expect('message');
    const fullName = within(scope, this.#match(NAME));
    if (this.messages.has(fullName)) throw unreadable('a message that stands twice');
    const inside = this.#expect('{').to;
    const message: ProtoMessage = { fullName, inside, fields: [], reserved: [] };
    this.messages.set(fullName, message);
    while (this.#peek() !== '}') {
      const word = this.#peek();
      const opens = this.#peek(2) === '{';
      if (word === ';') this.#next();
      else if (word === 'message' && opens) this.#message(fullName, depth + 1);
      else if (word === 'enum' && opens) this.#enum(fullName);
      else if (word === 'oneof' && opens) this.#oneof(message);
      else if (word === 'reserved') this.#reserved(message);
      else if (word === 'option' || word === 'extensions') this.#statement();
      else if (word === 'extend') this.#block();
      else message.fields.push(this.#field(undefined));
    }
    this.#next();
    const { fields } = message;
    for (const key of ['name', 'number'] as const)
      if (new Set(fields.map((field) => field[key])).size < fields.length)
        throw unreadable(`a ${key} of a field that stands twice`);
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
    let keys: string | undefined;
    let type = this.#match(TYPE);
    if (type === 'map' && this.#peek() === '<') {
      this.#next();
      keys = this.#match(TYPE);
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

function numberOf(text: string): number {
  const number = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  if (!Number.isInteger(number) || number < 1 || number > PROTO_NUMBER_MAX)
    throw unreadable('a number of a field that is none');
  return number;
}

/**
 * Reads a Protobuf schema (the language of proto3) as far as messages, fields and enums go; options and
 * services are passed over. Throws SCHEMA_UNREADABLE.
 */
export function readProtobufSchema(text: string): ProtoFile {
  const parser = new Parser(text);
  parser.file();
  return { text, messages: parser.messages, enums: parser.enums };
}

/** The whole name of a type that is written inside a message; undefined when the file has none such. */
export function resolveProtoType(
  { messages, enums }: ProtoFile,
  type: string,
  scope: string,
): string | undefined {
  const has = (name: string) => messages.has(name) || enums.has(name);
  if (type.startsWith('.')) return has(type.slice(1)) ? type.slice(1) : undefined;
  for (let outer = scope; ; outer = outer.slice(0, Math.max(0, outer.lastIndexOf('.')))) {
    const name = within(outer, type);
    if (has(name)) return name;
    if (outer === '') return undefined;
  }
}
