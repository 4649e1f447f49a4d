import { PiiScanner, type PiiClass } from '@sealstream/pii';
import { type JsonScanner, KIND, SPAN_STRIDE } from '@sealstream/records';
import type { Dataset } from './dataset.ts';

/**
 * What a form and its check decide by themselves, so that a value says the same under every name and
 * in every service.
 */
const PERSONAL: readonly PiiClass[] = ['card', 'iban', 'ssn', 'email', 'phone', 'national-id'];
/** Above what a form alone has where other numbers share it. */
const LEAST_SCORE = 75;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Where a value looks personal, and as what. */
export interface LooksPersonal {
  readonly class: PiiClass;
  /** Number of the span. */
  readonly span: number;
}

/** The value of a member that is cut with its name: behind the colon that ends the name. */
function valueOfCut(bytes: Buffer, from: number, to: number): number {
  let at = bytes.indexOf(QUOTE, from) + 1;
  while (at < to && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  const colon = bytes.indexOf(COLON, at);
  return colon < 0 || colon >= to ? from : colon + 1;
}

/** Looks at the fields of records that the policy does not name. */
export class UndeclaredFields {
  readonly #scanner = new PiiScanner({ classes: PERSONAL, leastScore: LEAST_SCORE });
  /** Slots from here on are those of unknown members. */
  readonly #firstSlot: number;

  constructor({ fields }: Dataset) {
    this.#firstSlot = fields.length;
  }

  /** The first of them that looks personal, among the spans of a record that fits its dataset. */
  find(bytes: Buffer, { count, spans }: JsonScanner): LooksPersonal | undefined {
    for (let i = 0; i < count * SPAN_STRIDE; i += SPAN_STRIDE) {
      if (spans[i] < this.#firstSlot) continue;
      const [kind, start, to] = [spans[i + 1], spans[i + 2], spans[i + 3]];
      const from = kind === KIND.cut ? valueOfCut(bytes, start, to) : start;
      const found = this.#scanner.scan(bytes, from, to);
      if (found.length > 0) return { class: found.classAt(0), span: i };
    }
    return undefined;
  }
}
