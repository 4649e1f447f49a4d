import { SealstreamError } from '@sealstream/contracts';
import { formatPattern, parsePattern, type Step } from './path-pattern.ts';

/** What a span holds. `escaped` is a string with at least one backslash in it. */
export const KIND = {
  string: 1,
  escaped: 2,
  number: 3,
  boolean: 4,
  null: 5,
  object: 6,
  array: 7,
  /** A range to leave out: a dropped member or element with its comma. */
  cut: 8,
} as const;

/** Types a policy can declare for a field; objects and arrays are treated whole. */
export type ValueType = 'string' | 'number' | 'boolean' | 'object' | 'array';

export interface FieldShape {
  /** Path pattern, see parsePattern. */
  readonly path: string;
  readonly types: readonly ValueType[];
  /** Must be there and not null; so must everything that leads to it, up to the first `*`. */
  readonly required: boolean;
  /** Leave the member or element out of the output. */
  readonly cut: boolean;
}

/** What to do about a member that no pattern names: a fault, a cut, or a span of its own. */
export type UnknownRule = 'fault' | 'cut' | 'span';

/** Longest name, in bytes, that is looked up by its length; longer ones go by a map. */
const LONGEST_INDEXED = 255;
const QUOTE = 0x22;
/** Names that can stand in a record without an escape. */
const PLAIN_NAME = /^[ !#-[\]-\ud7ff\ue000-\u{10ffff}]*$/u;

/** One place in the tree of patterns: a field (leaf), or what leads to fields. */
export class ShapeNode {
  readonly pattern: string;
  readonly index: number;
  readonly name: Buffer;
  slot = -1;
  leaf = false;
  types = 0;
  cut = false;
  required = false;
  /** How many of the named children are required. */
  requiredChildren = 0;
  readonly children: ShapeNode[] = [];
  any: ShapeNode | undefined;
  /**
   * Which child opened an object here last, and which stood behind this one: guesses for the next
   * record, in the caller's keeping. Only what is looked up by name is ever put here.
   */
  first: ShapeNode | undefined;
  follower: ShapeNode | undefined;
  readonly #plain: boolean;
  readonly #byName = new Map<string, ShapeNode>();
  readonly #byLength: ShapeNode[][] = [];

  constructor(pattern: string, index: number, name: string) {
    this.pattern = pattern;
    this.index = index;
    this.name = Buffer.from(name);
    this.#plain = PLAIN_NAME.test(name);
  }

  add(name: string, node: ShapeNode): void {
    this.#byName.set(name, node);
    this.children.push(node);
    if (!node.#plain || node.name.length > LONGEST_INDEXED) return;
    while (this.#byLength.length <= node.name.length) this.#byLength.push([]);
    this.#byLength[node.name.length]?.push(node);
  }

  named(name: string): ShapeNode | undefined {
    return this.#byName.get(name);
  }

  /**
   * The place behind this node's name and its quotes, when they stand at `at` without an escape;
   * else -1. Nothing at or behind `end` is read.
   */
  endOfName(bytes: Buffer, at: number, end: number): number {
    const { name } = this;
    const { length } = name;
    const quote = at + 1 + length;
    if (quote >= end || bytes[quote] !== QUOTE || bytes[at] !== QUOTE || !this.#plain) return -1;
    for (let i = 0; i < length; i++) if (name[i] !== bytes[at + 1 + i]) return -1;
    return quote + 1;
  }

  /** The child for the name that stands raw between its quotes at [from, to). */
  child(bytes: Buffer, from: number, to: number, escaped: boolean): ShapeNode | undefined {
    if (this.any !== undefined) return this.any;
    const length = to - from;
    if (escaped || length > LONGEST_INDEXED) {
      // The text was validated as a JSON string, so this cannot throw.
      return this.#byName.get(JSON.parse(`"${bytes.toString('utf8', from, to)}"`) as string);
    }
    const candidates = this.#byLength[length];
    if (candidates === undefined) return undefined;
    next: for (const node of candidates) {
      const { name } = node;
      for (let i = 0; i < length; i++) if (name[i] !== bytes[from + i]) continue next;
      return node;
    }
    return undefined;
  }
}

/**
 * A set of field patterns, compiled for the scanner. Slots number what a span can belong to: first
 * the fields in the order given, then for each place in the tree that holds members the unknown
 * ones among them, whose pattern is the place's own followed by `/*`.
 */
export class Shape {
  readonly root: ShapeNode;
  readonly unknown: UnknownRule;
  /** Pattern of each slot. */
  readonly patterns: string[] = [];
  /** How many slots are fields; the rest are unknown members. */
  readonly fieldCount: number;
  /** How many nodes the tree has. */
  nodeCount = 0;

  constructor(fields: readonly FieldShape[], unknown: UnknownRule) {
    this.root = this.#node([], '');
    this.unknown = unknown;
    this.fieldCount = fields.length;
    for (const field of fields) this.#add(field);
    this.#number(this.root);
  }

  #node(steps: readonly Step[], name: string): ShapeNode {
    return new ShapeNode(formatPattern(steps), this.nodeCount++, name);
  }

  #add(field: FieldShape): void {
    const steps = parsePattern(field.path);
    // Precondition: policy has checked that patterns parse and that none is matched twice.
    if (steps === undefined) throw new SealstreamError('INTERNAL', { path: field.path });
    let node = this.root;
    for (const [depth, step] of steps.entries()) {
      const next = step === null ? node.any : node.named(step);
      node = next ?? this.#grow(node, steps.slice(0, depth + 1));
    }
    if (node.leaf || node.children.length > 0 || node.any !== undefined)
      throw new SealstreamError('INTERNAL', { path: field.path });
    node.leaf = true;
    node.slot = this.patterns.push(node.pattern) - 1;
    node.cut = field.cut;
    node.types = typeBits(field.types);
    if (field.required) this.#require(steps);
  }

  #grow(parent: ShapeNode, steps: readonly Step[]): ShapeNode {
    const step = steps.at(-1);
    const crowded = step === null ? parent.children.length > 0 : parent.any !== undefined;
    if (parent.leaf || crowded) throw new SealstreamError('INTERNAL', { path: parent.pattern });
    const node = this.#node(steps, step ?? '');
    if (step === null || step === undefined) parent.any = node;
    else parent.add(step, node);
    return node;
  }

  #require(steps: readonly Step[]): void {
    let node = this.root;
    for (const step of steps) {
      const next = step === null ? node.any : node.named(step);
      if (next === undefined) return;
      if (!next.required && step !== null) node.requiredChildren++;
      next.required = true;
      node = next;
    }
  }

  #number(node: ShapeNode): void {
    if (!node.leaf) node.slot = this.patterns.push(`${node.pattern}/*`) - 1;
    for (const child of node.children) this.#number(child);
    if (node.any !== undefined) this.#number(node.any);
  }
}

function typeBits(types: readonly ValueType[]): number {
  let bits = 0;
  for (const type of types) {
    bits |= 1 << KIND[type];
    if (type === 'string') bits |= 1 << KIND.escaped;
  }
  return bits;
}
