import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { Problem } from './problem.ts';

/** Keys and indexes from the top of the document. */
export type Place = readonly (string | number)[];

/**
 * Reads a file that a policy names, by its name there; undefined when it cannot be read. Where
 * relative names begin is the caller's to know.
 */
export type ReadBeside = (file: string) => string | undefined;

/** Aliases may not make a small file large. */
const ALIASES_MAX = 100;

/** One YAML file: its data, and where each part of it stands. */
export class SourceText {
  readonly file: string;
  /** Filled in the order found; sorted by whoever reports. */
  readonly problems: Problem[] = [];
  readonly data: unknown;
  readonly #lines = new LineCounter();
  readonly #document;

  constructor(text: string, file: string) {
    this.file = file;
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: true,
    });
    for (const { pos, code, message } of [...this.#document.errors, ...this.#document.warnings]) {
      const words = code === 'DUPLICATE_KEY' ? 'this stands twice in one map' : message;
      this.problems.push({ ...this.#at(pos[0]), message: words });
    }
    if (this.problems.length === 0) this.#refuseProto();
    this.data = this.problems.length === 0 ? this.#read() : undefined;
  }

  #at(offset: number): Omit<Problem, 'message'> {
    const { line, col } = this.#lines.linePos(offset);
    // An empty file has no line yet.
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #read(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: ALIASES_MAX });
    } catch {
      this.problems.push({
        ...this.#at(0),
        message: 'too many aliases, or one without its anchor',
      });
      return undefined;
    }
  }

  /** JavaScript would take this key for something else, so it could silently not count. */
  #refuseProto(): void {
    visit(this.#document, {
      Pair: (_, { key }) => {
        if (isScalar(key) && key.value === '__proto__')
          this.problems.push({
            ...this.#at(key.range?.[0] ?? 0),
            message: 'the name __proto__ cannot be used here',
          });
      },
    });
  }

  /** The node of a place, and the key that leads to it; the nearest one above when it is absent. */
  #find(place: Place): { key: Node | undefined; value: Node | undefined; depth: number } {
    let value = this.#document.contents as Node | null | undefined;
    let key: Node | undefined;
    let depth = 0;
    for (const step of place) {
      if (isAlias(value)) value = value.resolve(this.#document);
      if (isMap(value)) {
        const pair = value.items.find((item) => isScalar(item.key) && item.key.value === step);
        if (pair === undefined) break;
        key = pair.key as Node;
        value = pair.value as Node | null;
      } else if (isSeq(value) && typeof step === 'number') {
        value = value.items[step] as Node | undefined;
        key = value;
      } else break;
      depth++;
    }
    return { key, value: value ?? undefined, depth };
  }

  /** Notes a problem at the value of this place, at its key, or as near above as there is one. */
  report(place: Place, message: string, path?: string): void {
    this.problems.push(this.problem(place, message, path));
  }

  problem(place: Place, message: string, path?: string): Problem {
    const { key, value, depth } = this.#find(place);
    const whole = depth === place.length && isScalar(value) && value.source !== '';
    const node = whole ? value : (key ?? value);
    return {
      ...this.#at(node?.range?.[0] ?? 0),
      ...(path !== undefined && { path }),
      message,
    };
  }

  /** The same at the key itself. */
  reportKey(place: Place, message: string, path?: string): void {
    const { key } = this.#find(place);
    this.problems.push({
      ...this.#at(key?.range?.[0] ?? 0),
      ...(path !== undefined && { path }),
      message,
    });
  }

  /** Whether a key stands there with nothing after its colon. */
  isEmpty(place: Place): boolean {
    const { value, depth } = this.#find(place);
    if (depth !== place.length) return false;
    return value === undefined || (isScalar(value) && value.value === null && value.source === '');
  }
}
