import { SealstreamError } from '@sealstream/contracts';
import { isWhole, type Outcome, type SchemaProblem } from './outcome.ts';
import { formatPattern, type Step } from './path-pattern.ts';
import {
  PROTO_NUMBER_MAX,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  readProtobufSchema,
  resolveProtoType,
} from './protobuf-schema.ts';
import { KIND, type Shape, type ShapeNode } from './shape.ts';

/** A Protobuf schema of what is written, and what is to be told of the one it was made from. */
export interface DerivedProtobufSchema {
  readonly schema: string;
  readonly problems: readonly SchemaProblem[];
  /** Fields that the shape does not name. */
  readonly unknown: readonly string[];
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** What becomes of one field of a message. */
type Change = { readonly type: string; readonly whole: boolean } | 'gone' | 'same';

const SAME: Outcome = { becomes: 'same' };
/**
 * A field of another type has the number of the old one and this, so that no reader takes one for the
 * other.
 */
const NUMBER_STEP = 100_000_000;

const NUMBERS = new Set(
  'double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64'.split(
    ' ',
  ),
);

function outcomeType(outcome: Outcome): string | undefined {
  if (outcome.becomes === 'text') return 'string';
  if (outcome.becomes !== 'constant') return undefined;
  if (typeof outcome.value === 'string') return 'string';
  if (typeof outcome.value === 'boolean') return 'bool';
  return isWhole(outcome.value) ? 'int64' : 'double';
}

class Deriver {
  readonly problems: SchemaProblem[] = [];
  readonly unknown: string[] = [];
  readonly edits: Edit[] = [];
  readonly #file: ProtoFile;
  readonly #shape: Shape;
  readonly #outcomes: readonly Outcome[];
  /** What is done to each message that was met, as a text. */
  readonly #treated = new Map<ProtoMessage, string>();

  constructor(file: ProtoFile, shape: Shape, outcomes: readonly Outcome[]) {
    this.#file = file;
    this.#shape = shape;
    this.#outcomes = outcomes;
  }

  #problem(code: SchemaProblem['code'], path: readonly Step[]): void {
    this.problems.push({ code, path: formatPattern(path) });
  }

  /** A message is written once, so it must be treated alike wherever it is used. */
  message(message: ProtoMessage, node: ShapeNode, path: readonly Step[]): void {
    const changes = message.fields.map((field) => this.#field(message, field, node, path));
    for (const child of node.children) {
      const name = child.name.toString();
      if (child.required && !message.fields.some((field) => field.name === name))
        this.#problem('RECORD_MISSING_FIELD', [...path, name]);
    }
    const key = changes.every((one) => one === 'same') ? 'same' : JSON.stringify(changes);
    if (this.#isNew(message, key, path)) this.#edit(message, changes);
  }

  #isNew(message: ProtoMessage, key: string, path: readonly Step[]): boolean {
    const before = this.#treated.get(message);
    if (before === undefined) this.#treated.set(message, key);
    else if (before !== key) this.#problem('SCHEMA_UNREADABLE', path);
    return before === undefined;
  }

  #messageOf({ fullName }: ProtoMessage, { type }: ProtoField): ProtoMessage | undefined {
    const name = resolveProtoType(this.#file, type, fullName);
    return name === undefined ? undefined : this.#file.messages.get(name);
  }

  #field(
    message: ProtoMessage,
    field: ProtoField,
    node: ShapeNode,
    above: readonly Step[],
  ): Change {
    const path = [...above, field.name];
    const child = node.any ?? node.named(field.name);
    if (child === undefined) return this.#stranger(message, field, node, path);
    if (child.leaf) return this.#leaf(message, field, child, path, true);
    const isEach = field.label === 'repeated' || field.keys !== undefined;
    if (!isEach) return this.#inside(message, field, child, path);
    const { any } = child;
    if (any === undefined) {
      this.#problem('RECORD_WRONG_TYPE', path);
      return 'same';
    }
    const each = [...path, null];
    if (any.leaf) return this.#leaf(message, field, any, each, false);
    return this.#inside(message, field, any, each);
  }

  #inside(
    message: ProtoMessage,
    field: ProtoField,
    node: ShapeNode,
    path: readonly Step[],
  ): Change {
    const inner = this.#messageOf(message, field);
    if (inner === undefined) this.#problem('RECORD_WRONG_TYPE', path);
    else this.message(inner, node, path);
    return 'same';
  }

  #stranger(
    message: ProtoMessage,
    field: ProtoField,
    node: ShapeNode,
    path: readonly Step[],
  ): Change {
    this.unknown.push(formatPattern(path));
    const { unknown } = this.#shape;
    if (unknown === 'fault') this.#problem('RECORD_UNKNOWN_FIELD', path);
    if (unknown === 'cut') return 'gone';
    return this.#become(message, field, this.#outcomes[node.slot] ?? SAME, path, true);
  }

  #leaf(
    message: ProtoMessage,
    field: ProtoField,
    node: ShapeNode,
    path: readonly Step[],
    whole: boolean,
  ): Change {
    const kind = this.#kindOf(message, field, whole);
    if (kind !== undefined && (node.types & (1 << kind)) === 0)
      this.#problem('RECORD_WRONG_TYPE', path);
    if (node.cut) return 'gone';
    return this.#become(message, field, this.#outcomes[node.slot] ?? SAME, path, whole);
  }

  #become(
    message: ProtoMessage,
    field: ProtoField,
    outcome: Outcome,
    path: readonly Step[],
    whole: boolean,
  ): Change {
    // Protobuf has no null: what becomes null is not there.
    if (outcome.becomes === 'null') return 'gone';
    const type = outcomeType(outcome);
    if (type === undefined) {
      this.#keep(this.#messageOf(message, field), path);
      return 'same';
    }
    const isSingle = field.label !== 'repeated' && field.keys === undefined;
    return type === field.type && (isSingle || !whole) ? 'same' : { type, whole };
  }

  /** What is kept whole must be kept in every place where it is used. */
  #keep(message: ProtoMessage | undefined, path: readonly Step[]): void {
    if (message === undefined || !this.#isNew(message, 'same', path)) return;
    for (const field of message.fields) this.#keep(this.#messageOf(message, field), path);
  }

  /** The kind that a value counts as; undefined when its type stands in another file. */
  #kindOf(message: ProtoMessage, field: ProtoField, whole: boolean): number | undefined {
    const { keys, label, type } = field;
    if (whole && label === 'repeated') return KIND.array;
    if (whole && keys !== undefined) return KIND.object;
    if (NUMBERS.has(type)) return KIND.number;
    if (type === 'bool') return KIND.boolean;
    if (type === 'string' || type === 'bytes') return KIND.string;
    const name = resolveProtoType(this.#file, type, message.fullName);
    if (name === undefined) return undefined;
    return this.#file.enums.has(name) ? KIND.string : KIND.object;
  }

  #edit(message: ProtoMessage, changes: readonly Change[]): void {
    const numbers: string[] = laterReserved(message);
    const names: string[] = [];
    for (const [index, field] of message.fields.entries()) {
      const change = changes[index] ?? 'same';
      if (change === 'same') continue;
      numbers.push(String(field.number));
      if (change === 'gone') names.push(`"${field.name}"`);
      const { from, to } = field;
      this.edits.push({ from, to, text: change === 'gone' ? '' : written(message, field, change) });
    }
    for (const oneof of new Set(message.fields.map((field) => field.oneof))) {
      const isGone = ({ name }: ProtoField) => names.includes(`"${name}"`);
      // A oneof without a field is none.
      if (oneof?.fields.every(isGone) === true) this.edits.push({ ...oneof, text: '' });
    }
    if (numbers.length === 0) return;
    const more = names.length === 0 ? '' : `\n  reserved ${names.join(', ')};`;
    const text = `\n  reserved ${numbers.join(', ')};${more}`;
    this.edits.push({ from: message.inside, to: message.inside, text });
  }
}

/** The numbers that fields which are gone now had when they were of another type. */
function laterReserved({ fields, reserved }: ProtoMessage): string[] {
  return reserved.flatMap(([first, last]) => {
    const from = first + NUMBER_STEP;
    const to = Math.min(last + NUMBER_STEP, PROTO_NUMBER_MAX);
    const isUsed = fields.some(({ number }) => number >= from && number <= to);
    const isKnown = reserved.some(([low, high]) => from <= high && to >= low);
    // A field that has such a number came before us, and what was there once stands elsewhere.
    if (from > to || isUsed || isKnown) return [];
    return [from === to ? String(from) : `${from} to ${to}`];
  });
}

/** A field with its new type under a number of its own. */
function written(
  { fields, reserved }: ProtoMessage,
  { keys, label, name, number, options }: ProtoField,
  { type, whole }: Exclude<Change, string>,
): string {
  const isTaken = (one: number) =>
    fields.some((field) => field.number === one) ||
    reserved.some(([first, last]) => one >= first && one <= last) ||
    reserved.some(([first, last]) => one >= first + NUMBER_STEP && one <= last + NUMBER_STEP);
  let free = number + NUMBER_STEP;
  while (isTaken(free)) free += NUMBER_STEP;
  if (free > PROTO_NUMBER_MAX)
    throw new SealstreamError('SCHEMA_UNREADABLE', { reason: 'no number is free' });
  const before = whole && label === 'repeated' ? '' : label;
  const of = keys !== undefined && !whole ? `map<${keys}, ${type}>` : type;
  return `${before === '' ? '' : `${before} `}${of} ${name} = ${free}${withoutPacked(options)};`;
}

/** Options of a field but those that go with numbers alone. */
function withoutPacked(options: string): string {
  const rest = options.replace(/\b(?:packed|jstype)\s*=\s*\w+\s*,?/, '');
  return /\[\s*\]/.test(rest) ? '' : rest.replace(/,\s*\]$/, ']');
}

/** Applies edits; one that lies in another is part of it. */
function edited(text: string, edits: readonly Edit[]): string {
  let result = '';
  let done = 0;
  for (const { from, to, text: put } of edits.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    if (from < done) continue;
    result += text.slice(done, from) + put;
    done = to;
  }
  return result + text.slice(done);
}

/**
 * The Protobuf schema of what is written where a shape meets the first message of a schema: the text as
 * it is, comments and options among it, with the fields changed. Throws SCHEMA_UNREADABLE.
 *
 * @param outcomes by slot of the shape
 */
export function deriveProtobufSchema(
  text: string,
  shape: Shape,
  outcomes: readonly Outcome[],
): DerivedProtobufSchema {
  const file = readProtobufSchema(text);
  const [first] = file.messages.values();
  if (first === undefined) throw new SealstreamError('SCHEMA_UNREADABLE', { reason: 'no message' });
  const deriver = new Deriver(file, shape, outcomes);
  deriver.message(first, shape.root, []);
  const { edits, problems, unknown } = deriver;
  return { schema: edited(text, edits), problems, unknown };
}
