import { PROTO_NUMBER_MAX, type ProtoField, type ProtoMessage } from './protobuf-schema.ts';
import { PROTO_NUMBER_STEP, type ProtobufShape } from './protobuf-shape.ts';
import { type ProtoFieldOp, writtenType } from './protobuf-ops.ts';

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** What changes of one message. */
function editsOf(message: ProtoMessage, ops: readonly ProtoFieldOp[]): readonly Edit[] {
  const numbers = laterReserved(message);
  const names: string[] = [];
  const edits: Edit[] = [];
  for (const op of ops) {
    const field = message.fields.find(({ number }) => number === op.number);
    if (field === undefined || (!op.cut && op.outNumber === op.number)) continue;
    const { from, name, number, to } = field;
    numbers.push(String(number));
    if (op.cut) names.push(`"${name}"`);
    edits.push({ from, to, text: op.cut ? '' : written(op, field) });
  }
  for (const oneof of new Set(message.fields.map((field) => field.oneof))) {
    const isGone = ({ name }: ProtoField) => names.includes(`"${name}"`);
    // A oneof without a field is none.
    if (oneof?.fields.every(isGone) === true) edits.push({ ...oneof, text: '' });
  }
  if (numbers.length === 0) return edits;
  const more = names.length === 0 ? '' : `\n  reserved ${names.join(', ')};`;
  const text = `\n  reserved ${numbers.join(', ')};${more}`;
  return [...edits, { from: message.inside, to: message.inside, text }];
}

/** The numbers that fields which are gone now had when they were of another type. */
function laterReserved({ fields, reserved }: ProtoMessage): string[] {
  return reserved.flatMap(([first, last]) => {
    const from = first + PROTO_NUMBER_STEP;
    const to = Math.min(last + PROTO_NUMBER_STEP, PROTO_NUMBER_MAX);
    const isUsed = fields.some(({ number }) => number >= from && number <= to);
    const isKnown = reserved.some(([low, high]) => from <= high && to >= low);
    // A field that has such a number came before us, and what was there once stands elsewhere.
    if (from > to || isUsed || isKnown) return [];
    return [from === to ? String(from) : `${from} to ${to}`];
  });
}

/** A field with its new type under a number of its own. */
function written(op: ProtoFieldOp, { keys, label, name, options }: ProtoField): string {
  const type = writtenType(op);
  const isOne = op.isJoined && label === 'repeated';
  const before = label === '' || isOne ? '' : `${label} `;
  const of = keys === undefined || op.isJoined ? type : `map<${keys}, ${type}>`;
  return `${before}${of} ${name} = ${op.outNumber}${withoutPacked(options)};`;
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
 * The Protobuf schema of what is written where a shape meets a message of a schema: the text as it is,
 * comments and options among it, with the fields changed.
 */
export function derivedProtobufSchema({ file, written: messages }: ProtobufShape): string {
  const edits = Array.from(messages, ([message, { ops }]) =>
    ops === undefined ? [] : editsOf(message, ops),
  );
  return edited(file.text, edits.flat());
}
