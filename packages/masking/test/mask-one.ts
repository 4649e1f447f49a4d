import { generateKey, type KeySource, keyHandle } from '@sealstream/crypto';
import { maskAction, type TransformName } from '../src/index.ts';

const slot = Buffer.alloc(32);
generateKey(slot);
const key = keyHandle(slot);

/** One key for every use: these tests look at the text, not at who may read it. */
const keys: KeySource = {
  active: () => ({ id: 'AAAAAAAAAAAA', key }),
  byId: () => key,
  publicKey: () => {
    throw new Error('not used');
  },
  privateKey: () => key,
};

/** What a rule makes of one text; undefined when the text is unfit. */
export function maskOne(
  name: TransformName,
  parameters: unknown,
  text: string,
): string | undefined {
  const action = maskAction({ name, parameters }, { dataset: 'people', path: '/x' });
  if (action.does !== 'rewrite') throw new Error('no rewrite');
  const parts: Buffer[] = [];
  const out = {
    byte: (value: number) => void parts.push(Buffer.from([value])),
    copy: (source: Buffer, from?: number, to?: number) =>
      void parts.push(Buffer.from(source.subarray(from, to))),
  };
  // The text stands inside a larger buffer, as it does in a record.
  const bytes = Buffer.from(`"${text}"`);
  const fit = action.rewrite(bytes, 1, bytes.length - 1, out, keys);
  return fit ? Buffer.concat(parts).toString() : undefined;
}
