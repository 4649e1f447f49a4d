/** The text of a hierarchy makes no tree. The message names a line and never a value. */
export class HierarchyError extends Error {
  /** From 1. */
  readonly line: number;

  constructor(line: number, problem: string) {
    super(`line ${line} of the hierarchy: ${problem}`);
    this.line = line;
  }
}

/** A value at some level of a hierarchy. */
interface Node {
  /** The first line with it, from 1. */
  readonly line: number;
  readonly text: string;
  readonly parent: Node | undefined;
  readonly children: Node[];
  /** Distinct raw values below it; 1 for a raw value. */
  leaves: number;
}

/** What every line of a hierarchy ends with: nothing is said any more. */
export const ANYTHING = '*';

interface Path {
  readonly line: number;
  /** From the raw value to `*`. */
  readonly texts: readonly string[];
}

function pathsOf(text: string, separator: string): Path[] {
  const paths = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: index + 1, texts: line.split(separator) }))
    .filter(({ texts }) => texts.join('') !== '');
  if (paths.length === 0) throw new HierarchyError(1, 'there is no value');
  const depth = paths[0].texts.length;
  for (const { line, texts } of paths) {
    if (texts.length < 2) throw new HierarchyError(line, 'a raw value and * are the least');
    if (texts.length !== depth)
      throw new HierarchyError(line, `${texts.length} columns, where the first has ${depth}`);
    if (texts.at(-1) !== ANYTHING) throw new HierarchyError(line, 'it does not end with *');
    if (texts.includes('')) throw new HierarchyError(line, 'a column is empty');
    if (texts.indexOf(ANYTHING) !== depth - 1)
      throw new HierarchyError(line, '* stands before the last column');
  }
  return paths;
}

/**
 * The tree of one categorical quasi-identifier. Nodes and leaves are numbers: leaves come first, in
 * an order in which the leaves below any node are a range. So whether a leaf is below a node is two
 * comparisons, and a node of a hundred thousand leaves needs no table.
 */
export class Hierarchy {
  /** How many raw values there are. */
  readonly leaves: number;
  /** How many nodes there are, leaves included. */
  readonly nodes: number;
  /** How far `*` stands above a raw value; as far above each. */
  readonly levels: number;
  readonly #texts: string[] = [];
  readonly #leafOf = new Map<string, number>();
  readonly #parent: Int32Array;
  readonly #first: Int32Array;
  readonly #end: Int32Array;

  /**
   * Reads CSV without a header and without quotes: the raw value, ever coarser forms, `*`.
   *
   * @throws HierarchyError with the line
   */
  static parse(text: string, separator = ';'): Hierarchy {
    const root: Node = { line: 1, text: ANYTHING, parent: undefined, children: [], leaves: 0 };
    const known = new Map<string, Node>();
    for (const path of pathsOf(text, separator)) grow(root, known, path);
    refuseDoubleMeaning(known);
    return new Hierarchy(root);
  }

  private constructor(root: Node) {
    const inner: Node[] = [];
    const leaves: Node[] = [];
    const visit = (node: Node): void => {
      if (node.children.length === 0) leaves.push(node);
      else inner.push(node);
      for (const child of node.children) visit(child);
    };
    visit(root);
    const all = [...leaves, ...inner];
    const number = new Map(all.map((node, index) => [node, index]));
    this.leaves = leaves.length;
    this.nodes = all.length;
    this.#parent = Int32Array.from(all, ({ parent }) =>
      parent === undefined ? -1 : (number.get(parent) ?? -1),
    );
    this.#first = Int32Array.from(all, (node) => number.get(firstLeaf(node)) ?? 0);
    this.#end = Int32Array.from(all, ({ leaves: below }, node) => this.#first[node] + below);
    for (const { text } of all) this.#texts.push(text);
    for (const [index, { text }] of leaves.entries()) this.#leafOf.set(text, index);
    let levels = 0;
    for (let at = this.#parent[0]; at >= 0; at = this.#parent[at]) levels++;
    this.levels = levels;
  }

  /** The number of a raw value, or undefined when the hierarchy does not know it. */
  leafOf(value: string): number | undefined {
    return this.#leafOf.get(value);
  }

  textOf(node: number): string {
    return this.#texts[node];
  }

  /** The node above, or -1 above `*`. */
  parentOf(node: number): number {
    return this.#parent[node];
  }

  /** The node so many levels above a leaf, `levels` at most; 0 is the leaf itself. */
  above(leaf: number, level: number): number {
    let at = leaf;
    for (let up = 0; up < level; up++) at = this.#parent[at];
    return at;
  }

  /** How many leaves are below a node. */
  leavesOf(node: number): number {
    return this.#end[node] - this.#first[node];
  }

  covers(node: number, leaf: number): boolean {
    return leaf >= this.#first[node] && leaf < this.#end[node];
  }

  /** The lowest node that is above both. */
  join(node: number, leaf: number): number {
    let at = node;
    while (!this.covers(at, leaf)) at = this.#parent[at];
    return at;
  }

  /** How much is lost when a value is shown as this node: 0 for itself, 1 for `*`. */
  lossOf(node: number): number {
    return this.leaves === 1 ? 0 : (this.leavesOf(node) - 1) / (this.leaves - 1);
  }

  /** Calls `each` with every node from here to the root and the leaves that only it adds. */
  climb(node: number, each: (node: number, from: number, to: number) => void): void {
    each(node, this.#first[node], this.#end[node]);
    let from = this.#first[node];
    let to = this.#end[node];
    for (let at = this.#parent[node]; at >= 0; at = this.#parent[at]) {
      each(at, this.#first[at], from);
      each(at, to, this.#end[at]);
      from = this.#first[at];
      to = this.#end[at];
    }
  }
}

function firstLeaf(node: Node): Node {
  let at = node;
  while (at.children.length > 0) at = at.children[0];
  return at;
}

/** Adds one line to the tree, from the root down. */
function grow(root: Node, known: Map<string, Node>, { line, texts }: Path): void {
  let above = root;
  const way = [root];
  for (let level = texts.length - 2; level >= 0; level--) {
    const key = `${level} ${texts[level]}`;
    let node = known.get(key);
    if (node !== undefined && level === 0)
      throw new HierarchyError(line, 'its raw value has a line before it');
    if (node !== undefined && node.parent !== above)
      throw new HierarchyError(line, `column ${level + 1} stands under two different values`);
    if (node === undefined) {
      node = { line, text: texts[level], parent: above, children: [], leaves: 0 };
      above.children.push(node);
      known.set(key, node);
    }
    way.push(node);
    above = node;
  }
  for (const node of way) node.leaves++;
}

/** A text may repeat itself on the way up while it means the same leaves, and not otherwise. */
function refuseDoubleMeaning(known: ReadonlyMap<string, Node>): void {
  const seen = new Map<string, Node>();
  for (const node of known.values()) {
    const other = seen.get(node.text);
    if (other !== undefined && !meansTheSame(other, node))
      throw new HierarchyError(
        Math.max(node.line, other.line),
        'a text means some raw values in one column and others in another',
      );
    seen.set(node.text, node);
  }
}

function meansTheSame(one: Node, other: Node): boolean {
  const isAbove = (high: Node, low: Node): boolean => {
    let at: Node | undefined = low;
    while (at !== undefined && at !== high) at = at.parent;
    return at === high;
  };
  return one.leaves === other.leaves && (isAbove(one, other) || isAbove(other, one));
}
