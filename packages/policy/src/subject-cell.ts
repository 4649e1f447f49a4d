import type { ByteRange } from '@sealstream/contracts';

/** Whom the row that is treated now is about: what the cell of the subject's column stands for. */
export class SubjectCell {
  #text: ByteRange | undefined;

  /** Undefined before the first row, and for a file that has no such column. */
  get text(): ByteRange | undefined {
    return this.#text;
  }

  /** Takes a copy. */
  set(text: Buffer): void {
    const bytes = Buffer.from(text);
    this.#text = { bytes, from: 0, to: bytes.length };
  }
}
