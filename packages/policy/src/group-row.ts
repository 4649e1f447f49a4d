import { maskAction } from '@sealstream/masking';
import { parsePattern } from '@sealstream/records';
import type { Dataset } from './dataset.ts';

/** Members of an object: text that is the same in all rows, the place of a value, or an object. */
type Members = Map<string, string | number | Members>;

/**
 * The one form that all rows of masked have. White space, order, absent fields and spellings of a record
 * would tell it from its group, so nothing of how a record was written is taken over.
 */
export class GroupRow {
  /** The text before each value and after the last, and which value stands between them. */
  readonly #texts: readonly string[];
  readonly #places: readonly number[];
  /** Bytes of a row without its values. */
  readonly fixedBytes: number;

  /** @param shown paths of the values, in the order in which `write` gets them */
  constructor(dataset: Dataset, shown: readonly string[]) {
    const root: Members = new Map();
    for (const { mask, path } of dataset.fields) {
      const place = shown.indexOf(path);
      if (place >= 0) put(root, path, place);
      else {
        const action = maskAction(mask, { dataset: dataset.name, path });
        if (action.does === 'fixed') put(root, path, JSON.stringify(action.value));
      }
    }
    const texts = [''];
    const places: number[] = [];
    lay(root, texts, places);
    this.#texts = texts;
    this.#places = places;
    this.fixedBytes = Buffer.byteLength(texts.join(''));
  }

  /** @param values JSON of each value */
  write(values: readonly string[]): Buffer {
    let row = this.#texts[0];
    for (const [at, place] of this.#places.entries()) row += values[place] + this.#texts[at + 1];
    return Buffer.from(row);
  }
}

function put(root: Members, path: string, what: string | number): void {
  const steps = (parsePattern(path) ?? []).filter((step) => step !== null);
  const last = steps.pop() ?? '';
  let at = root;
  for (const step of steps) {
    let next = at.get(step);
    if (!(next instanceof Map)) {
      next = new Map();
      at.set(step, next);
    }
    at = next;
  }
  at.set(last, what);
}

function lay(members: Members, texts: string[], places: number[]): void {
  const say = (text: string) => {
    texts[texts.length - 1] += text;
  };
  say('{');
  for (const [at, [name, what]] of [...members].entries()) {
    say(`${at === 0 ? '' : ','}${JSON.stringify(name)}:`);
    if (typeof what === 'string') say(what);
    else if (typeof what === 'number') {
      places.push(what);
      texts.push('');
    } else lay(what, texts, places);
  }
  say('}');
}
