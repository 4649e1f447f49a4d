import { classify, type PiiClass, PiiScanner } from '@sealstream/pii';
import { formatPattern, type Step, type ValueType } from '@sealstream/records';

import { isInForm } from './value-form.ts';

/** What was found of one class: in how many values, and how sure on average. */
export interface FoundClass {
  readonly class: PiiClass;
  readonly values: number;
  /** 1 to 100. */
  readonly score: number;
}

/** What a sample shows of one path; no value. */
export interface SampledPath {
  readonly path: string;
  readonly steps: readonly Step[];
  readonly types: readonly ValueType[];
  /** Values that are not null. */
  readonly values: number;
  /** What the values are as a whole, most often first. */
  readonly classes: readonly FoundClass[];
  /** What is found inside of longer texts. */
  readonly inside: readonly FoundClass[];
  /** Classes of which a value was not in the form that a mask treats. */
  readonly unfit: readonly PiiClass[];
}

/** More than this many names in one object are members of a map, and no fields. */
const NAMES_MAX = 2000;
/** With more places than this, names that come new are members of maps. */
const PLACES_MAX = 10_000;
const NAME_LENGTH_MAX = 200;
const DEPTH_MAX = 60;
/** A name that looks like one of these, and so much, is a value. */
const NAME_CLASSES: readonly PiiClass[] = [
  'card',
  'email',
  'iban',
  'ip',
  'national-id',
  'phone',
  'ssn',
];
const NAME_SCORE = 75;
/** Longer texts are looked at so far: a sample need not be whole, and a scan should end. */
const TEXT_BYTES_MAX = 64 * 1024;

interface Sum {
  values: number;
  score: number;
}

interface Node {
  types: Set<ValueType>;
  values: number;
  readonly classes: Map<PiiClass, Sum>;
  readonly inside: Map<PiiClass, Sum>;
  readonly unfit: Set<PiiClass>;
  named: Map<string, Node>;
  /** Each element of an array, or each member of a map. */
  any?: Node;
  isMap: boolean;
}

const emptyNode = (): Node => ({
  types: new Set(),
  values: 0,
  classes: new Map(),
  inside: new Map(),
  unfit: new Set(),
  named: new Map(),
  isMap: false,
});

function add(sums: Map<PiiClass, Sum>, found: PiiClass, { score, values }: Sum): void {
  const sum = sums.get(found) ?? { values: 0, score: 0 };
  sums.set(found, { values: sum.values + values, score: sum.score + score });
}

function merge(into: Node, from: Node): void {
  for (const type of from.types) into.types.add(type);
  into.values += from.values;
  for (const [found, sum] of from.classes) add(into.classes, found, sum);
  for (const [found, sum] of from.inside) add(into.inside, found, sum);
  for (const found of from.unfit) into.unfit.add(found);
  if (from.any !== undefined) merge((into.any ??= emptyNode()), from.any);
  if (from.isMap) toMap(into);
  for (const [name, child] of from.named) {
    const same = into.isMap ? (into.any ??= emptyNode()) : into.named.get(name);
    if (same === undefined) into.named.set(name, child);
    else merge(same, child);
  }
}

/** From here on all members are one path, those seen before as well. */
function toMap(node: Node): void {
  if (node.isMap) return;
  node.isMap = true;
  const all = (node.any ??= emptyNode());
  for (const child of node.named.values()) merge(all, child);
  node.named = new Map();
}

const averaged = (sums: Map<PiiClass, Sum>): FoundClass[] =>
  [...sums]
    .map(([found, { score, values }]) => ({
      class: found,
      values,
      score: Math.round(score / values),
    }))
    .sort((a, b) => b.values - a.values);

/**
 * What is at each path of the records that are shown to it. Keeps counts and no value; memory is bounded:
 * an object of many names, or of names that look like values, counts as a map, whose members are `*`.
 */
export class SampleTree {
  readonly #root = emptyNode();
  readonly #scanner = new PiiScanner();
  #places = 0;
  records = 0;

  /** Looks at one record: a parsed JSON object, or a row by its columns. */
  look(record: object): void {
    this.records += 1;
    this.#look(this.#root, record, []);
  }

  paths(): SampledPath[] {
    return collected(this.#root, []);
  }

  #look(node: Node, value: unknown, names: readonly string[]): void {
    if (value === null || names.length > DEPTH_MAX) return;
    if (Array.isArray(value)) {
      node.types.add('array');
      const each = (node.any ??= emptyNode());
      for (const element of value) this.#look(each, element, names);
    } else if (typeof value === 'object') {
      node.types.add('object');
      for (const [name, member] of Object.entries(value))
        this.#look(this.#child(node, name), member, [...names, name]);
    } else if (typeof value === 'string' || typeof value === 'number') {
      node.types.add(typeof value as ValueType);
      node.values += 1;
      this.#read(node, names.join('/'), String(value));
    } else if (typeof value === 'boolean') {
      node.types.add('boolean');
      node.values += 1;
    }
  }

  #child(node: Node, name: string): Node {
    const known = node.named.get(name);
    if (known !== undefined) return known;
    const isFull = node.named.size >= NAMES_MAX || this.#places >= PLACES_MAX;
    if (!node.isMap && (isFull || isValue(name))) toMap(node);
    if (node.isMap) return (node.any ??= emptyNode());
    const child = emptyNode();
    node.named.set(name, child);
    this.#places += 1;
    return child;
  }

  #read(node: Node, name: string, value: string): void {
    const guess = classify(name, value);
    if (guess === undefined) {
      this.#search(node, value);
      return;
    }
    add(node.classes, guess.class, { values: 1, score: guess.score });
    if (!isInForm(guess.class, value)) node.unfit.add(guess.class);
  }

  #search(node: Node, value: string): void {
    const bytes = Buffer.from(value).subarray(0, TEXT_BYTES_MAX);
    const best = new Map<PiiClass, number>();
    for (const { class: found, score } of this.#scanner.scan(bytes, 0, bytes.length).objects())
      best.set(found, Math.max(score, best.get(found) ?? 0));
    for (const [found, score] of best) add(node.inside, found, { values: 1, score });
  }
}

function isValue(name: string): boolean {
  if (name.length > NAME_LENGTH_MAX) return true;
  const guess = classify('', name);
  return guess !== undefined && guess.score >= NAME_SCORE && NAME_CLASSES.includes(guess.class);
}

const isHolder = (type: ValueType): boolean => type === 'object' || type === 'array';

/** Whether records can only be declared to hold one value here, with all that may be in it. */
function isWhole({ any, named, types }: Node): boolean {
  const isEmpty = any === undefined && named.size === 0;
  const isBoth = types.has('object') && types.has('array');
  return isEmpty || isBoth || [...types].some((type) => !isHolder(type));
}

/** The paths below a node. A place that is sometimes a value and sometimes holds others is one value. */
function collected(node: Node, steps: readonly Step[]): SampledPath[] {
  if (steps.length > 0 && isWhole(node)) return [whole(node, steps)];
  const inner: (readonly [Step, Node])[] =
    node.any === undefined ? [...node.named] : [[null, node.any]];
  return inner.flatMap(([step, child]) => collected(child, [...steps, step]));
}

/** What is in a value counts as found in it. */
function whole(node: Node, steps: readonly Step[]): SampledPath {
  const all = emptyNode();
  const gather = ({ any, classes, inside, named, unfit, values }: Node): void => {
    merge(all, { ...emptyNode(), classes, inside, unfit, values });
    for (const child of [...named.values(), ...(any === undefined ? [] : [any])]) gather(child);
  };
  gather(node);
  return {
    path: formatPattern(steps),
    steps,
    types: node.types.size === 0 ? ['string'] : [...node.types].sort(),
    values: all.values,
    classes: averaged(all.classes),
    inside: averaged(all.inside),
    unfit: [...all.unfit],
  };
}
