import { digestOf, type RawLedger } from '../raw-ledger.ts';
import type { Outcome } from '../outcomes.ts';
import type { Verdict } from './check.ts';

/** What opening one encrypted record gave. */
export type Opened =
  | { readonly ok: true; readonly value: Buffer }
  | { readonly ok: false; readonly code: string };

/** Opens encrypted records and compares each with raw, byte for byte, by digest. */
export class OpenedCheck {
  readonly #ledger: RawLedger;
  #equal = 0;
  #wrong = 0;
  #first: string | undefined;
  #why = '';

  constructor(ledger: RawLedger) {
    this.#ledger = ledger;
  }

  add({ source }: Outcome, opened: Opened): void {
    const raw = source === null ? undefined : this.#ledger.find(source.partition, source.offset);
    // A record that stands for no raw record has nothing to be equal to: the branch's check tells.
    if (source === null || raw === undefined) return;
    if (opened.ok && digestOf(opened.value) === raw.digest) {
      this.#equal += 1;
      return;
    }
    this.#wrong += 1;
    this.#first ??= `${source.incarnation}/${source.partition}/${source.offset}`;
    if (this.#why === '') this.#why = opened.ok ? 'not equal to raw' : opened.code;
  }

  verdict(): Verdict {
    const all = this.#equal + this.#wrong;
    const wrong = this.#wrong > 0 ? `, ${this.#wrong} not: ${this.#why}` : '';
    return {
      ok: this.#wrong === 0 && all > 0,
      expected: `all of ${all.toLocaleString('en-US')} open and equal raw`,
      seen: `${this.#equal.toLocaleString('en-US')} do${wrong}`,
      first: this.#first,
      log: 'encrypt',
    };
  }
}
