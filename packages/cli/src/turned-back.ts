import type { Bus } from '@sealstream/bus';
import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import { FpeField } from '@sealstream/masking';
import type { Dataset, Field } from '@sealstream/policy';

import { openKeys } from './cluster-keys.ts';
import type { Context } from './context.ts';
import type { KeyOptions } from './options.ts';

/** Masked texts of one field turned back. */
export interface TurnBack {
  /** What each text stands for, in their order; a code where nothing can be given. */
  turn(texts: readonly Buffer[]): Promise<(Buffer | ErrorCode)[]>;
  stop(): void;
}

interface Wanted extends KeyOptions {
  /** Id of the key that masked; the active one when it is not given. */
  readonly key?: string;
}

/**
 * Opens what turns the masked values of a field back, with the operator's own keys.
 *
 * @throws SealstreamError USAGE when the field's mask gives nothing back, and what openKeys throws
 */
export async function openTurnBack(
  context: Context,
  bus: Pick<Bus, 'admin' | 'append' | 'read'>,
  options: Wanted,
  { name: dataset }: Dataset,
  { mask, path }: Field,
): Promise<TurnBack> {
  if (mask.name !== 'fpe')
    throw new SealstreamError(
      'USAGE',
      { dataset, path, mask: mask.name },
      'The mask of this field cannot be turned back: only fpe can.',
    );
  const opened = await openKeys(context, bus, options, { dataset, purposes: ['fpe'] });
  const cipher = new FpeField(mask.parameters ?? {}, { dataset, path });
  return {
    turn: async (texts) =>
      texts.map((text) => {
        const out = Buffer.alloc(text.length);
        return cipher.decrypt(opened.keys, text, out, options.key) ? out : 'RECORD_VALUE_UNFIT';
      }),
    stop: () => opened.stop(),
  };
}
