import type { ByteRange } from '@sealstream/contracts';
import { ByteWriter, type JsonScanner, KIND, SPAN_STRIDE, unescapeJson } from '@sealstream/records';
import type { Dataset } from './dataset.ts';

/** The field that says whom a record is about. */
export class SubjectField {
  readonly #slot: number;
  readonly #text = new ByteWriter(64);
  readonly #found: ByteRange = { bytes: this.#text.bytes, from: 0, to: 0 };

  constructor({ fields, subject }: Dataset) {
    this.#slot = fields.findIndex(({ path }) => path === subject);
  }

  /**
   * Finds it among the spans of a record that fits its dataset, where it stands at least once.
   *
   * @returns the number of the span where it stands a second time, so that nobody knows whom the
   *   record is about; -1 when it stands once, or when the dataset has no subject
   */
  find(bytes: Buffer, { count, spans }: JsonScanner): number {
    if (this.#slot < 0) return -1;
    let first = -1;
    for (let i = 0; i < count * SPAN_STRIDE; i += SPAN_STRIDE) {
      if (spans[i] !== this.#slot || spans[i + 1] === KIND.cut) continue;
      if (first >= 0) return i;
      first = i;
    }
    if (first >= 0) this.#read(bytes, spans[first + 1], spans[first + 2] + 1, spans[first + 3] - 1);
    return -1;
  }

  /** Its text, unescaped; the same object each time. Undefined when the dataset has no subject. */
  get text(): ByteRange | undefined {
    return this.#slot < 0 ? undefined : this.#found;
  }

  /** Takes the inside of a string. */
  #read(bytes: Buffer, kind: number, from: number, to: number): void {
    const found = this.#found;
    if (kind !== KIND.escaped) {
      found.bytes = bytes;
      found.from = from;
      found.to = to;
      return;
    }
    this.#text.reset();
    unescapeJson(bytes, from, to, this.#text);
    found.bytes = this.#text.bytes;
    found.from = 0;
    found.to = this.#text.length;
  }
}
