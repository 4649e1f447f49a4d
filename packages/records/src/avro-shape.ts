import type {
  AvroArray,
  AvroField,
  AvroMap,
  AvroRecord,
  AvroType,
  AvroUnion,
} from './avro-schema.ts';
import type { Outcome, SchemaProblem } from './outcome.ts';
import { formatPattern, type Step } from './path-pattern.ts';
import { KIND, type Shape, type ShapeNode } from './shape.ts';

/** A field of the shape where it stands in a schema; the whole of it, whatever it holds. */
export interface AvroFieldOp {
  readonly does: 'field';
  readonly type: AvroType;
  readonly slot: number;
  readonly pattern: string;
  /** Kinds that may come, as bits. */
  readonly kinds: number;
  readonly required: boolean;
  readonly outcome: Outcome;
  /** Places of null and of what the outcome writes in the union that it writes; -1 where it is none. */
  readonly none: number;
  readonly some: number;
}

/** Anything whose inside the shape does not look at, or that it refuses when it comes. */
interface WholeOp {
  readonly does: 'keep' | 'refuse';
  readonly type: AvroType;
  readonly pattern: string;
}

export interface AvroMember {
  readonly field: AvroField;
  readonly op: AvroOp;
  /** Whether it is left out; it is read all the same. */
  readonly cut: boolean;
  /** Of a member that is left out. */
  readonly slot: number;
}

interface RecordOp {
  readonly does: 'record';
  readonly type: AvroRecord;
  readonly members: readonly AvroMember[];
  readonly changes: boolean;
}

interface EachOp {
  readonly does: 'each';
  readonly type: AvroArray | AvroMap;
  readonly each: AvroOp;
  /** Whether all elements are left out. */
  readonly cut: boolean;
  readonly slot: number;
  readonly changes: boolean;
}

interface UnionOp {
  readonly does: 'union';
  readonly type: AvroUnion;
  readonly branches: readonly AvroOp[];
  /** Of a place that must not be null; else empty. */
  readonly requiredPattern: string;
  readonly changes: boolean;
}

/** What to do at one place of a schema. */
export type AvroOp = AvroFieldOp | WholeOp | RecordOp | EachOp | UnionOp;

const ALL_KINDS = -1;
const SAME: Outcome = { becomes: 'same' };

/** A union with null stays one, with null where it was. */
function unionPlaces(type: AvroType, { becomes }: Outcome): { none: number; some: number } {
  const none = branchesOf(type).findIndex(({ is }) => is === 'null');
  if (type.is !== 'union' || becomes === 'null' || none < 0) return { none: -1, some: -1 };
  return none === 0 ? { none: 0, some: 1 } : { none: 1, some: 0 };
}

/** What becomes of a place where nothing but null can stand. */
function outcomeFor(type: AvroType, outcome: Outcome): Outcome {
  const nullStays =
    outcome.becomes === 'number' || (outcome.becomes === 'text' && outcome.nullStays);
  return nullStays && branchesOf(type).every(({ is }) => is === 'null') ? SAME : outcome;
}

/** The kind that a value of a type counts as. */
export function avroKind(type: AvroType): number {
  switch (type.is) {
    case 'null':
      return KIND.null;
    case 'boolean':
      return KIND.boolean;
    case 'int':
    case 'long':
      return type.logical === undefined ? KIND.number : KIND.string;
    case 'float':
    case 'double':
      return KIND.number;
    case 'bytes':
    case 'fixed':
      return type.logical === undefined ? KIND.string : KIND.number;
    case 'array':
      return KIND.array;
    case 'record':
    case 'map':
      return KIND.object;
    case 'string':
    case 'enum':
    case 'union':
      break;
  }
  // Of a union each branch is asked for its own.
  return KIND.string;
}

export const branchesOf = (type: AvroType): readonly AvroType[] =>
  type.is === 'union' ? type.branches : [type];

/** Whether what this op writes differs from what it reads. */
export function avroChanges(op: AvroOp): boolean {
  switch (op.does) {
    case 'field':
      return op.outcome.becomes !== 'same';
    case 'record':
    case 'each':
    case 'union':
      return op.changes;
    case 'keep':
    case 'refuse':
      break;
  }
  return false;
}

/** Where a shape meets an Avro schema. */
export class AvroShape {
  readonly root: AvroOp;
  readonly problems: SchemaProblem[] = [];
  /** Fields of the schema that the shape does not name; JSON Pointers. */
  readonly unknown: string[] = [];
  readonly #shape: Shape;
  readonly #outcomes: readonly Outcome[];

  /** @param outcomes by slot of the shape */
  constructor(type: AvroType, shape: Shape, outcomes: readonly Outcome[]) {
    this.#shape = shape;
    this.#outcomes = outcomes;
    this.root = this.#inside(type, shape.root, []);
  }

  #problem(code: SchemaProblem['code'], path: readonly Step[]): void {
    this.problems.push({ code, path: formatPattern(path) });
  }

  #at(type: AvroType, node: ShapeNode, path: readonly Step[]): AvroOp {
    return node.leaf ? this.#field(type, node, path) : this.#inside(type, node, path);
  }

  #field(type: AvroType, node: ShapeNode, path: readonly Step[]): AvroFieldOp {
    const kinds = node.types;
    const all = branchesOf(type);
    const fits = (one: AvroType) => one.is !== 'null' && (kinds & (1 << avroKind(one))) !== 0;
    if (!all.some(fits) && all.some(({ is }) => is !== 'null'))
      this.#problem('RECORD_WRONG_TYPE', path);
    const { slot, pattern, required } = node;
    return this.#whole(type, { slot, pattern, kinds, required });
  }

  #whole(
    type: AvroType,
    place: Pick<AvroFieldOp, 'slot' | 'pattern' | 'kinds' | 'required'>,
  ): AvroFieldOp {
    const outcome = outcomeFor(type, this.#outcomes[place.slot] ?? SAME);
    return { does: 'field', type, ...place, outcome, ...unionPlaces(type, outcome) };
  }

  /** A place that holds fields: a record, an array, a map, or a union of such. */
  #inside(type: AvroType, node: ShapeNode, path: readonly Step[]): AvroOp {
    const { pattern } = node;
    if (type.is === 'union') {
      const branches = type.branches.map((one) => this.#branch(one, node, path));
      const misfit = ({ does, type: { is } }: AvroOp) => does === 'refuse' || is === 'null';
      if (branches.every(misfit) && type.branches.some(({ is }) => is !== 'null'))
        this.#problem('RECORD_WRONG_TYPE', path);
      const requiredPattern = node.required ? pattern : '';
      const changes = branches.some(avroChanges);
      return { does: 'union', type, branches, requiredPattern, changes };
    }
    const op = this.#branch(type, node, path);
    if (op.does === 'refuse') this.#problem('RECORD_WRONG_TYPE', path);
    return op;
  }

  #branch(type: AvroType, node: ShapeNode, path: readonly Step[]): AvroOp {
    const { pattern } = node;
    if (type.is === 'record') return this.#record(type, node, path);
    if (type.is === 'null') return { does: 'keep', type, pattern };
    const { any } = node;
    // In a map with named members each would have another type, which no schema can say.
    if ((type.is === 'array' || type.is === 'map') && any !== undefined) {
      const inner = type.is === 'array' ? type.items : type.values;
      const each = this.#at(inner, any, [...path, null]);
      const { cut, slot } = any;
      return { does: 'each', type, each, cut, slot, changes: cut || avroChanges(each) };
    }
    return { does: 'refuse', type, pattern };
  }

  #record(type: AvroRecord, node: ShapeNode, path: readonly Step[]): RecordOp {
    const own = new Set(type.fields.map(({ name }) => name));
    const met = new Set<ShapeNode>();
    const members = type.fields.map((field): AvroMember => {
      const child = node.any ?? named(node, field, own);
      if (child !== undefined) met.add(child);
      return this.#member(field, child, node, [...path, field.name]);
    });
    for (const child of node.children)
      if (child.required && !met.has(child))
        this.#problem('RECORD_MISSING_FIELD', [...path, child.name.toString()]);
    const changes = members.some(({ cut, op }) => cut || avroChanges(op));
    return { does: 'record', type, members, changes };
  }

  #member(
    field: AvroField,
    child: ShapeNode | undefined,
    parent: ShapeNode,
    path: readonly Step[],
  ): AvroMember {
    const cut = child?.cut ?? this.#shape.unknown === 'cut';
    if (child !== undefined)
      return { field, op: this.#at(field.type, child, path), cut, slot: child.slot };
    const { slot } = parent;
    const pattern = this.#shape.patterns[slot] ?? '';
    const { type } = field;
    const { unknown } = this.#shape;
    this.unknown.push(formatPattern(path));
    if (unknown === 'fault') this.#problem('RECORD_UNKNOWN_FIELD', path);
    if (unknown !== 'span') return { field, op: { does: 'keep', type, pattern }, cut, slot };
    const op = this.#whole(type, { slot, pattern, kinds: ALL_KINDS, required: false });
    return { field, op, cut, slot };
  }
}

/**
 * The place of the shape that is meant by a field: by its name, else by the only alias that the shape
 * names and no other field bears. So a field that was renamed is protected as it was before.
 */
function named(
  node: ShapeNode,
  { name, aliases }: AvroField,
  own: ReadonlySet<string>,
): ShapeNode | undefined {
  const direct = node.named(name);
  if (direct !== undefined) return direct;
  const old = aliases.filter((alias) => !own.has(alias) && node.named(alias) !== undefined);
  return old.length === 1 && old[0] !== undefined ? node.named(old[0]) : undefined;
}
