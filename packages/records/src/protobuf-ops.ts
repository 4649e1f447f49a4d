import type { Outcome } from './outcome.ts';
import { isWholeScalar } from './protobuf-scalars.ts';
import type { ProtoField, ProtoType } from './protobuf-schema.ts';
import { KIND } from './shape.ts';

export type TypeName = ProtoType['is'];

/** What to do about the fields of one message. */
export interface ProtoMessageOp {
  /** By their numbers. */
  readonly fields: Map<number, ProtoFieldOp>;
  /** What numbers count as that the schema does not have. */
  readonly slot: number;
  /** Fields that must be there and whose absence can be told from their default. */
  readonly required: ProtoFieldOp[];
  /** Treated fields that hold their default when they are absent, so that their absence tells it. */
  readonly defaulted: ProtoFieldOp[];
  /** Whether a reader must see all of it at once: it may not come in parts. */
  needsWhole: boolean;
}

/** What to do about one field: let it stand, go on inside it, or take it as a value of the shape. */
export interface ProtoFieldOp {
  readonly does: 'keep' | 'inside' | 'value';
  /** A number of its own among all that were made for a schema. */
  readonly index: number;
  readonly name: string;
  readonly number: number;
  /** Of a map `message`: each entry is one. */
  readonly is: TypeName;
  readonly names: ReadonlyMap<number, string> | undefined;
  readonly inner: ProtoMessageOp | undefined;
  /** Several may stand; a map is such a field. */
  readonly isRepeated: boolean;
  readonly isMap: boolean;
  readonly oneof: ProtoField['oneof'];
  /** Whether all that stand are one value. */
  readonly isJoined: boolean;
  /** Whether its absence is told by its default, which stands at the end of the message. */
  readonly isDefaulted: boolean;
  /** Whether it is left out. */
  readonly cut: boolean;
  readonly slot: number;
  readonly pattern: string;
  /** One of KIND, of the whole value. */
  readonly kind: number;
  readonly outcome: Outcome;
  /** Number and type of what is written. */
  readonly outNumber: number;
  readonly outIs: TypeName;
}

export const messageOp = (slot: number): ProtoMessageOp => ({
  fields: new Map(),
  slot,
  required: [],
  defaulted: [],
  needsWhole: false,
});

/** The kind that a value of a type counts as. */
export function protoKind(is: TypeName): number {
  if (is === 'message') return KIND.object;
  if (is === 'bool') return KIND.boolean;
  const isNumber = is !== 'enum' && (isWholeScalar(is) || is === 'float' || is === 'double');
  return isNumber ? KIND.number : KIND.string;
}

/** The type that a field is written with; of a map the type of its values. */
export function writtenType({ does, inner, isMap, outIs }: ProtoFieldOp): TypeName {
  return does === 'inside' && isMap ? (inner?.fields.get(2)?.outIs ?? outIs) : outIs;
}
