import type { Dataset } from '@sealstream/policy';
import { LEAST_CHARACTERS } from '../plaintext-search.ts';
import type { DemoRecord } from './people.ts';

/** A longer value is searched for by its beginning. */
const MOST_CHARACTERS = 256;
const MASKED = 1;
const ENCRYPTED = 2;

/** Which topic a value may stand in because the policy keeps its field there. */
export type Branch = 'masked' | 'encrypted';

/**
 * The distinct values that are searched for: of every published record each value of at least nine
 * characters that the policy protects in some topic. Where a value is of several fields, the one
 * that may be read decides.
 */
export class SearchedValues {
  readonly texts: string[] = [];
  readonly #index = new Map<string, number>();
  readonly #kept: number[] = [];
  readonly #keptPaths: ReadonlyMap<string, number>;

  constructor(dataset: Dataset) {
    this.#keptPaths = new Map(
      dataset.fields.map(({ path, mask, encrypt }) => [
        path,
        (mask.name === 'keep' ? MASKED : 0) | (encrypt === 'keep' ? ENCRYPTED : 0),
      ]),
    );
  }

  add({ fields }: DemoRecord): void {
    for (const [path, text] of fields) {
      // A field that the policy does not name may stand nowhere.
      const kept = this.#keptPaths.get(path) ?? 0;
      if (text.length < LEAST_CHARACTERS || kept === (MASKED | ENCRYPTED)) continue;
      const searched = text.slice(0, MOST_CHARACTERS);
      const at = this.#index.get(searched);
      if (at !== undefined) this.#kept[at] = (this.#kept[at] ?? 0) | kept;
      else {
        this.#index.set(searched, this.texts.length);
        this.#kept.push(kept);
        this.texts.push(searched);
      }
    }
  }

  mayStandIn(value: number, branch: Branch): boolean {
    return ((this.#kept[value] ?? 0) & (branch === 'masked' ? MASKED : ENCRYPTED)) !== 0;
  }
}
