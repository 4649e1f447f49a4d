import { generateKey, type KeySource, keyHandle } from '@sealstream/crypto';
import { maskAction, type TextOutput, type TransformName } from '../src/index.ts';

const slot = Buffer.alloc(32);
generateKey(slot);
const key = keyHandle(slot);

/** One key for every use: these tests look at the text, not at who may read it. */
export const keys: KeySource = {
  active: () => ({ id: 'AAAAAAAAAAAA', key }),
  byId: () => key,
  publicKey: () => {
    throw new Error('not used');
  },
  privateKey: () => key,
};

/** Gives room for exactly what was asked, so that a writer that takes more is found out. */
export class Written implements TextOutput {
  bytes = Buffer.alloc(0);
  length = 0;

  reserve(more: number): void {
    this.bytes = Buffer.concat([this.bytes.subarray(0, this.length)], this.length + more);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  copy(source: Buffer, from = 0, to = source.length): void {
    this.reserve(to - from);
    this.length += source.copy(this.bytes, this.length, from, to);
  }
}

/** What a rule makes of one text; undefined when the text is unfit. */
export function maskOne(
  name: TransformName,
  parameters: unknown,
  text: string,
  about: { readonly subject?: string; readonly path?: string; readonly source?: Buffer } = {},
): string | undefined {
  const whom = Buffer.from(about.subject ?? 'nobody');
  const subject = { text: { bytes: whom, from: 0, to: whom.length } };
  const field = { dataset: 'people', path: about.path ?? '/x', subject };
  const action = maskAction({ name, parameters }, field);
  if (action.does !== 'rewrite') throw new Error('no rewrite');
  const out = new Written();
  // The text stands inside a larger buffer, as it does in a record.
  const bytes = Buffer.from(`"${text}"`);
  const source = { bytes: about.source ?? Buffer.alloc(16), from: 0, to: 16 };
  const ofRecord = { ...keys, record: { subject: undefined, source } };
  const fit = action.rewrite(bytes, 1, bytes.length - 1, out, ofRecord);
  return fit ? out.bytes.toString('utf8', 0, out.length) : undefined;
}
