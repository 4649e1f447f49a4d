import { SealstreamError } from '@sealstream/contracts';
import { isWhole, type Outcome, type SchemaProblem } from './outcome.ts';
import { formatPattern, type Step } from './path-pattern.ts';
import {
  messageOp,
  type ProtoFieldOp,
  protoKind,
  type ProtoMessageOp,
  type TypeName,
  writtenType,
} from './protobuf-ops.ts';
import type { ProtoScalar } from './protobuf-scalars.ts';
import {
  PROTO_NUMBER_MAX,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type ProtoType,
  protoTypeOf,
} from './protobuf-schema.ts';
import { KIND, type Shape, type ShapeNode } from './shape.ts';

/** How a message is written: its fields and what is done to each; no fields where it is kept whole. */
export interface ProtoWritten {
  readonly key: string;
  readonly ops: readonly ProtoFieldOp[] | undefined;
}

/** What a place of the shape says of a field. */
interface Place {
  readonly slot: number;
  readonly cut: boolean;
  readonly outcome: Outcome;
  /** Whether all that stands of a repeated field is one value. */
  readonly whole: boolean;
}

/** Where a field stands, and what it is. */
interface Site {
  readonly message: ProtoMessage;
  readonly field: ProtoField;
  readonly type: ProtoType;
  readonly path: readonly Step[];
}

/** A message that is read whole and whose fields were not met yet. */
interface Unmet {
  readonly op: ProtoMessageOp;
  readonly message: ProtoMessage;
  readonly path: readonly Step[];
}

const SAME: Outcome = { becomes: 'same' };
const WHOLE: ProtoWritten = { key: 'same', ops: undefined };
/** In all places of a schema that a shape meets; a message that is read whole counts for each field. */
const FIELDS_MAX = 100_000;
/**
 * A field of another type has the number of the old one and this, so that no reader takes one for the
 * other.
 */
export const PROTO_NUMBER_STEP = 100_000_000;

function outcomeType(outcome: Outcome): ProtoScalar | undefined {
  if (outcome.becomes === 'text') return 'string';
  if (outcome.becomes !== 'constant') return undefined;
  if (typeof outcome.value === 'string') return 'string';
  if (typeof outcome.value === 'boolean') return 'bool';
  return isWhole(outcome.value) ? 'int64' : 'double';
}

const isMany = ({ label, keys }: ProtoField): boolean => label === 'repeated' || keys !== undefined;

/** Whether absence is something else than the default. */
const hasPresence = ({ field, type }: Site): boolean =>
  !isMany(field) &&
  (field.label === 'optional' || field.oneof !== undefined || type.is === 'message');

/** The number of a field that becomes another type: one that nothing else has or may have. */
function freeNumber({ fields, reserved }: ProtoMessage, number: number): number {
  const within = (one: number, step: number) =>
    reserved.some(([first, last]) => one >= first + step && one <= last + step);
  const isTaken = (one: number) =>
    fields.some((field) => field.number === one) ||
    within(one, 0) ||
    within(one, PROTO_NUMBER_STEP);
  let free = number + PROTO_NUMBER_STEP;
  while (isTaken(free)) free += PROTO_NUMBER_STEP;
  if (free > PROTO_NUMBER_MAX)
    throw new SealstreamError('SCHEMA_UNREADABLE', { reason: 'no number is free' });
  return free;
}

/**
 * Where the fields of a shape stand in a message of a schema: what the scanner goes by and the new
 * schema is made of. When there are problems, no record of that message can be treated.
 */
export class ProtobufShape {
  readonly file: ProtoFile;
  readonly root: ProtoMessageOp;
  readonly problems: SchemaProblem[] = [];
  /** Fields of the schema that the shape does not name; JSON Pointers. */
  readonly unknown: string[] = [];
  /** How each message that was met is written. */
  readonly written = new Map<ProtoMessage, ProtoWritten>();
  /** How many fields were met. */
  fieldCount = 0;
  readonly shape: Shape;
  readonly #outcomes: readonly Outcome[];
  /** Messages that are one value or part of one, by their slot. */
  readonly #wholes = new Map<number, Map<ProtoMessage, ProtoMessageOp>>();
  /** Those of them whose fields are still to be met; no call waits for them, however many they are. */
  readonly #unmet: Unmet[] = [];

  /** @param outcomes by slot of the shape */
  constructor(file: ProtoFile, message: ProtoMessage, shape: Shape, outcomes: readonly Outcome[]) {
    this.file = file;
    this.shape = shape;
    this.#outcomes = outcomes;
    this.root = this.#message(message, shape.root, []);
    for (let one = this.#unmet.pop(); one !== undefined; one = this.#unmet.pop()) this.#meet(one);
  }

  #problem(code: SchemaProblem['code'], path: readonly Step[]): void {
    this.problems.push({ code, path: formatPattern(path) });
  }

  /** A message is written once, so it must be treated alike wherever it is used. */
  #isNew(message: ProtoMessage, written: ProtoWritten, path: readonly Step[]): boolean {
    const before = this.written.get(message);
    if (before === undefined) this.written.set(message, written);
    else if (before.key !== written.key) this.#problem('SCHEMA_UNREADABLE', path);
    return before === undefined;
  }

  #message(message: ProtoMessage, node: ShapeNode, path: readonly Step[]): ProtoMessageOp {
    const op = messageOp(node.slot);
    const ops = message.fields.flatMap((field) => this.#field(message, field, node, path, op));
    for (const child of node.children) {
      const name = child.name.toString();
      if (child.required && !message.fields.some((field) => field.name === name))
        this.#problem('RECORD_MISSING_FIELD', [...path, name]);
    }
    const changes = ops.map((one) => (one.cut ? 'gone' : [one.outNumber, writtenType(one)]));
    const isSame = ops.every(({ cut, number, outNumber }) => !cut && number === outNumber);
    const key = isSame ? WHOLE.key : JSON.stringify(changes);
    this.#isNew(message, { key, ops }, path);
    // Another file is not ours to write.
    if (!isSame && this.file.messages.get(message.fullName) !== message)
      this.#problem('SCHEMA_UNREADABLE', path);
    const isPart = ({ isRepeated, inner }: ProtoFieldOp) => !isRepeated && inner?.needsWhole;
    op.needsWhole = op.required.length + op.defaulted.length > 0 || ops.some(isPart);
    return op;
  }

  /** The field, put into the message that holds it; none when its type is not known. */
  #field(
    message: ProtoMessage,
    field: ProtoField,
    node: ShapeNode,
    above: readonly Step[],
    holder: ProtoMessageOp,
  ): ProtoFieldOp[] {
    const path = [...above, field.name];
    const type = protoTypeOf(this.file, message, field);
    const child = node.any ?? node.named(field.name);
    if (child === undefined) this.#stranger(path);
    if (type === undefined) {
      this.#problem('SCHEMA_UNREADABLE', path);
      return [];
    }
    const site = { message, field, type, path };
    const op = child === undefined ? this.#unnamed(site, node) : this.#named(site, child);
    holder.fields.set(field.number, op);
    if (op.isDefaulted) holder.defaulted.push(op);
    if (child?.required === true && hasPresence(site)) holder.required.push(op);
    return [op];
  }

  #stranger(path: readonly Step[]): void {
    this.unknown.push(formatPattern(path));
    if (this.shape.unknown === 'fault') this.#problem('RECORD_UNKNOWN_FIELD', path);
  }

  #unnamed(site: Site, { slot }: ShapeNode): ProtoFieldOp {
    const { unknown } = this.shape;
    const outcome = unknown === 'span' ? (this.#outcomes[slot] ?? SAME) : SAME;
    return this.#leaf(site, { slot, cut: unknown === 'cut', outcome, whole: true });
  }

  #named(site: Site, child: ShapeNode): ProtoFieldOp {
    const { field, path } = site;
    if (child.leaf) return this.#declared(site, child, true);
    if (!isMany(field)) return this.#inside(site, child);
    const { any } = child;
    if (any === undefined) {
      this.#problem('RECORD_WRONG_TYPE', path);
      return this.#leaf(site, { slot: child.slot, cut: false, outcome: SAME, whole: true });
    }
    const each = { ...site, path: [...path, null] };
    return any.leaf ? this.#declared(each, any, false) : this.#inside(each, any);
  }

  /** A value that the shape names. */
  #declared(site: Site, node: ShapeNode, whole: boolean): ProtoFieldOp {
    const { field, path, type } = site;
    const list = field.keys === undefined ? KIND.array : KIND.object;
    const kind = whole && isMany(field) ? list : protoKind(type.is);
    if ((node.types & (1 << kind)) === 0) this.#problem('RECORD_WRONG_TYPE', path);
    const { cut, slot } = node;
    return this.#leaf(site, { slot, cut, outcome: this.#outcomes[slot] ?? SAME, whole });
  }

  /** A message that holds fields of the shape. */
  #inside(site: Site, node: ShapeNode): ProtoFieldOp {
    const { field, path, type } = site;
    const { slot } = node;
    if (type.is !== 'message') {
      this.#problem('RECORD_WRONG_TYPE', path);
      return this.#leaf(site, { slot, cut: false, outcome: SAME, whole: true });
    }
    const inner = this.#message(type.message, node, path);
    if (field.keys === undefined) return this.#op(site, { does: 'inside', inner, slot });
    const value = this.#op(site, { does: 'inside', inner, slot, number: 2, isRepeated: false });
    return this.#map(site, value, slot);
  }

  /** A map is a repeated message of a key, which stays, and a value. */
  #map(site: Site, value: ProtoFieldOp, slot: number): ProtoFieldOp {
    const inner = messageOp(slot);
    const { number } = site.field;
    inner.fields.set(1, this.#key(site, slot));
    inner.fields.set(2, value);
    if (value.isDefaulted) inner.defaulted.push(value);
    // An entry without its value holds the default of a message, which none of ours may be.
    if (value.inner?.needsWhole === true) inner.required.push(value);
    const isSame = value.outIs === value.is;
    const outNumber = isSame ? number : freeNumber(site.message, number);
    return this.#op(site, { does: 'inside', is: 'message', isMap: true, inner, slot, outNumber });
  }

  /** The key of a map's entry, which stays. */
  #key(site: Site, slot: number): ProtoFieldOp {
    const is = site.field.keys ?? 'string';
    return this.#op(site, { does: 'keep', is, number: 1, isRepeated: false, slot });
  }

  /** A value: all of a field, or each of what stands of it. */
  #leaf(site: Site, { slot, cut, outcome, whole }: Place): ProtoFieldOp {
    const { field, message, type } = site;
    // Protobuf has no null: what becomes null is not there.
    const isGone = cut || outcome.becomes === 'null';
    const isJoined = whole && isMany(field);
    const isMap = field.keys !== undefined;
    if (isMap && !whole && !isGone) return this.#mapOfValues(site, slot, outcome);
    if (outcome.becomes === 'same' && !isGone) return this.#kept(site, slot, isJoined);
    const outIs = isGone ? type.is : (outcomeType(outcome) ?? type.is);
    const isSame = isGone || outcome.becomes === 'number' || (outIs === type.is && !isJoined);
    return this.#op(site, {
      does: 'value',
      ...this.#all(site, slot),
      cut: isGone,
      slot,
      outcome,
      outIs,
      isJoined,
      isDefaulted: !isGone && (isJoined || (whole && !hasPresence(site))),
      outNumber: isSame ? field.number : freeNumber(message, field.number),
    });
  }

  /** A map each of whose values is one of the shape's. */
  #mapOfValues(site: Site, slot: number, outcome: Outcome): ProtoFieldOp {
    const { path, type } = site;
    const inner = this.#whole(type, slot, path);
    const isKept = outcome.becomes === 'same';
    if (isKept && type.is === 'message') this.#keep(type.message, path);
    const value = this.#op(site, {
      does: isKept && inner !== undefined ? 'inside' : 'value',
      inner,
      number: 2,
      isRepeated: false,
      // An entry without its value holds the default, also where that is a message.
      isDefaulted: !isKept,
      slot,
      outcome,
      outIs: outcomeType(outcome) ?? type.is,
    });
    return this.#map(site, value, slot);
  }

  /** What stays as it is, where the shape names it or not. */
  #kept(site: Site, slot: number, isJoined: boolean): ProtoFieldOp {
    const { path, type } = site;
    if (type.is === 'message') this.#keep(type.message, path);
    const all = this.#all(site, slot);
    // Text that is one value may look sealed; parts of a value are not looked at.
    const does = isJoined ? 'keep' : 'value';
    return this.#op(site, { does: all.inner === undefined ? does : 'inside', slot, ...all });
  }

  /** A field with all that is in it; of a map its entries. */
  #all(
    site: Site,
    slot: number,
  ): { is: TypeName; isMap: boolean; inner: ProtoMessageOp | undefined } {
    const { field, path, type } = site;
    const inner = this.#whole(type, slot, path);
    if (field.keys === undefined) return { is: type.is, isMap: false, inner };
    const entry = messageOp(slot);
    const does = inner === undefined ? 'keep' : 'inside';
    entry.fields.set(1, this.#key(site, slot));
    entry.fields.set(2, this.#op(site, { does, inner, number: 2, isRepeated: false, slot }));
    return { is: 'message', isMap: true, inner: entry };
  }

  /** What is kept whole must be kept in every place where it is used. */
  #keep(kept: ProtoMessage, path: readonly Step[]): void {
    const all = [kept];
    for (let message = all.pop(); message !== undefined; message = all.pop()) {
      if (!this.#isNew(message, WHOLE, path)) continue;
      for (const field of message.fields) {
        const type = protoTypeOf(this.file, message, field);
        if (type?.is === 'message') all.push(type.message);
      }
    }
  }

  /** A message that is read whole; it may hold itself. */
  #whole(type: ProtoType, slot: number, path: readonly Step[]): ProtoMessageOp | undefined {
    if (type.is !== 'message') return undefined;
    const { message } = type;
    const known = this.#wholes.get(slot) ?? new Map<ProtoMessage, ProtoMessageOp>();
    this.#wholes.set(slot, known);
    const before = known.get(message);
    if (before !== undefined) return before;
    const op = messageOp(slot);
    known.set(message, op);
    this.#unmet.push({ op, message, path });
    return op;
  }

  #meet({ op, message, path }: Unmet): void {
    const { slot } = op;
    for (const field of message.fields) {
      const type = protoTypeOf(this.file, message, field);
      if (type === undefined) {
        this.#problem('SCHEMA_UNREADABLE', path);
        continue;
      }
      const site = { message, field, type, path };
      const all = this.#all(site, slot);
      const does = all.inner === undefined ? 'keep' : 'inside';
      op.fields.set(field.number, this.#op(site, { does, slot, ...all }));
    }
  }

  #op(
    { field, type }: Site,
    given: Pick<ProtoFieldOp, 'does' | 'slot'> & Partial<ProtoFieldOp>,
  ): ProtoFieldOp {
    if (this.fieldCount === FIELDS_MAX)
      throw new SealstreamError('SCHEMA_UNREADABLE', { reason: 'too many fields' });
    const { is = type.is, isMap = false, isJoined = false, number = field.number } = given;
    return {
      index: this.fieldCount++,
      name: field.name,
      is,
      names: type.is === 'enum' && is === 'enum' ? type.names : undefined,
      inner: undefined,
      isRepeated: isMany(field),
      isMap,
      oneof: field.oneof,
      isJoined,
      isDefaulted: false,
      cut: false,
      pattern: this.shape.patterns[given.slot] ?? '',
      kind: isJoined && !isMap ? KIND.array : protoKind(is),
      outcome: SAME,
      outIs: is,
      outNumber: number,
      ...given,
      number,
    };
  }
}
