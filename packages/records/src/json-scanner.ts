import type { RejectCode } from '@sealstream/contracts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  JsonSyntax,
  MAX_DEPTH,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-syntax.ts';
import { KIND, type Shape, type ShapeNode } from './shape.ts';
import { firstInvalidUtf8 } from './utf8.ts';

/** Why a record is bad: where, never what. */
export interface Fault {
  readonly code: RejectCode;
  /** Counted from the start of the record. */
  readonly byte: number;
  /** A pattern of the shape, never a name that the record brought. */
  readonly path?: string;
}

/** Numbers per span: slot, kind, start, end. */
export const SPAN_STRIDE = 4;

const NOTHING = Buffer.alloc(0);

/**
 * Finds the fields of a shape in JSON records, one pass each.
 *
 * `scan` gives undefined when the record in [from, to) is one valid JSON object that fits the
 * shape; then `spans[0 .. count * SPAN_STRIDE)` hold slot, kind, start and end (in `bytes`) of
 * every field that stands in it, in the order of the bytes, duplicates included. Invalid UTF-8
 * wins over what is invalid JSON or too deep, both win over what does not fit, and of several
 * misfits the first is told. Spans stay until the next scan.
 */
export class JsonScanner extends JsonSyntax {
  spans = new Int32Array(64 * SPAN_STRIDE);
  count = 0;
  readonly #shape: Shape;
  readonly #cutUnknown: boolean;
  /** Per node: number of the object in which it was seen last. */
  readonly #seen: Float64Array;
  #objects = 0;
  #from = 0;
  #misfit: Fault | undefined;

  constructor(shape: Shape) {
    super();
    this.#shape = shape;
    this.#cutUnknown = shape.unknown === 'cut';
    this.#seen = new Float64Array(shape.nodeCount);
  }

  scan(bytes: Buffer, from = 0, to = bytes.length): Fault | undefined {
    this.count = 0;
    this.#misfit = undefined;
    this.buf = bytes;
    this.end = to;
    this.stringBits = 0;
    this.#from = from;
    const complete = this.#record(from);
    this.buf = NOTHING;
    // Outside of strings the grammar takes nothing but ASCII.
    if (!complete || this.stringBits > 0x7f) {
      const bad = firstInvalidUtf8(bytes, from, to);
      if (bad >= 0) return { code: 'RECORD_INVALID_UTF8', byte: bad - from };
    }
    if (!complete) return { code: this.code ?? 'RECORD_INVALID_JSON', byte: this.byte - from };
    return this.#misfit;
  }

  #record(from: number): boolean {
    const at = this.space(from);
    let end = this.at(at) === OPEN_BRACE ? this.#object(this.#shape.root, at, 1) : this.invalid(at);
    if (end < 0) return false;
    end = this.space(end);
    if (end < this.end) this.invalid(end);
    return end === this.end;
  }

  #span(slot: number, kind: number, start: number, end: number): void {
    let i = this.count * SPAN_STRIDE;
    if (i === this.spans.length) {
      const grown = new Int32Array(i * 2);
      grown.set(this.spans);
      this.spans = grown;
    }
    const { spans } = this;
    spans[i++] = slot;
    spans[i++] = kind;
    spans[i++] = start;
    spans[i] = end;
    this.count++;
  }

  #unfit(code: RejectCode, byte: number, path: string): void {
    this.#misfit ??= { code, byte: byte - this.#from, path };
  }

  #object(node: ShapeNode, at: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.stop('RECORD_TOO_DEEP', at);
    const number = ++this.#objects;
    let missing = node.requiredChildren;
    let kept = false;
    let comma = at;
    let before: ShapeNode | undefined;
    let pos = this.space(at + 1);
    let close = this.at(pos) === CLOSE_BRACE;
    while (!close) {
      // Records of one kind mostly have their members in one order, so the name that stood here in
      // the last record is compared first.
      let child = before === undefined ? node.first : before.follower;
      let nameEnd = child === undefined ? -1 : child.endOfName(this.buf, pos, this.end);
      if (nameEnd < 0) {
        if (this.at(pos) !== QUOTE) return this.invalid(pos);
        nameEnd = this.string(pos);
        if (nameEnd < 0) return -1;
        child = node.child(this.buf, pos + 1, nameEnd - 1, this.escaped);
        if (before === undefined) node.first = child;
        else if (child !== undefined) before.follower = child;
      }
      if (child !== undefined) before = child;
      const colon = this.space(nameEnd);
      if (this.at(colon) !== COLON) return this.invalid(colon);
      const valueAt = this.space(colon + 1);
      const end =
        child === undefined
          ? this.#unknown(node, pos, valueAt, depth)
          : this.#known(child, valueAt, depth);
      if (end < 0) return -1;
      if (child !== undefined && child.required && this.#seen[child.index] !== number) {
        this.#seen[child.index] = number;
        // What `*` leads to is required of each, but none has to be there.
        if (child !== node.any) missing--;
      }
      const next = this.space(end);
      const c = this.at(next);
      close = c === CLOSE_BRACE;
      if (!close && c !== COMMA) return this.invalid(next);
      const after = close ? next : this.space(next + 1);
      const cut = child === undefined ? this.#cutUnknown : child.cut;
      if (!cut) kept = true;
      else if (kept) this.#span((child ?? node).slot, KIND.cut, comma, end);
      else this.#span((child ?? node).slot, KIND.cut, pos, close ? end : after);
      comma = next;
      pos = after;
    }
    if (missing > 0) this.#missing(node, number, at);
    return pos + 1;
  }

  #array(each: ShapeNode, at: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.stop('RECORD_TOO_DEEP', at);
    let kept = false;
    let comma = at;
    let pos = this.space(at + 1);
    let close = this.at(pos) === CLOSE_BRACKET;
    while (!close) {
      const end = this.#known(each, pos, depth);
      if (end < 0) return -1;
      const next = this.space(end);
      close = this.at(next) === CLOSE_BRACKET;
      if (!close && this.at(next) !== COMMA) return this.invalid(next);
      const after = close ? next : this.space(next + 1);
      if (!each.cut) kept = true;
      else if (kept) this.#span(each.slot, KIND.cut, comma, end);
      else this.#span(each.slot, KIND.cut, pos, close ? end : after);
      comma = next;
      pos = after;
    }
    return pos + 1;
  }

  #known(node: ShapeNode, at: number, depth: number): number {
    if (!node.leaf) {
      const c = this.at(at);
      // A map is `*` over an object; a list of fixed names is never an array.
      if (c === OPEN_BRACE) return this.#object(node, at, depth + 1);
      if (c === OPEN_BRACKET && node.any !== undefined) return this.#array(node.any, at, depth + 1);
    }
    let end: number;
    let kind: number;
    if (this.at(at) === QUOTE) {
      end = this.string(at);
      kind = this.escaped ? KIND.escaped : KIND.string;
    } else {
      end = this.value(at, depth);
      kind = this.kind;
    }
    if (end < 0) return -1;
    if ((node.types & (1 << kind)) === 0) {
      if (kind !== KIND.null) this.#unfit('RECORD_WRONG_TYPE', at, node.pattern);
      else if (node.required) this.#unfit('RECORD_MISSING_FIELD', at, node.pattern);
    }
    if (node.leaf) this.#span(node.slot, kind, at, end);
    return end;
  }

  #unknown(parent: ShapeNode, nameAt: number, at: number, depth: number): number {
    const end = this.value(at, depth);
    if (end < 0) return -1;
    const { unknown } = this.#shape;
    if (unknown === 'fault') this.#unfit('RECORD_UNKNOWN_FIELD', nameAt, `${parent.pattern}/*`);
    else if (unknown === 'span') this.#span(parent.slot, this.kind, at, end);
    return end;
  }

  #missing(node: ShapeNode, number: number, at: number): void {
    for (const child of node.children) {
      if (child.required && this.#seen[child.index] !== number) {
        this.#unfit('RECORD_MISSING_FIELD', at, child.pattern);
        return;
      }
    }
  }
}
