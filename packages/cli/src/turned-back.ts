import type { Bus } from '@sealstream/bus';
import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import { openVaultRows } from '@sealstream/keyring';
import { FpeField } from '@sealstream/masking';
import type { Dataset, Part } from '@sealstream/policy';

import { openKeys } from './cluster-keys.ts';
import type { Context } from './context.ts';
import type { KeyOptions } from './options.ts';
import { vaultPlaceOf } from './vault-place.ts';

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

type HeadsBus = Pick<Bus, 'admin' | 'append' | 'read'>;

/**
 * Opens what turns the masked values of a field back, with the operator's own keys.
 *
 * @throws SealstreamError USAGE when the field's mask gives nothing back, REDIS_UNREACHABLE, and what
 *   openKeys throws
 */
export function openTurnBack(
  context: Context,
  bus: HeadsBus,
  options: Wanted,
  dataset: Dataset,
  field: Part,
): Promise<TurnBack> {
  const { mask, path } = field;
  if (mask.name === 'fpe') return ofFpe(context, bus, options, dataset.name, field);
  if (mask.name !== 'tokenise')
    throw new SealstreamError(
      'USAGE',
      { dataset: dataset.name, path, mask: mask.name },
      'The mask of this field cannot be turned back: only fpe and tokenise can.',
    );
  if (options.key !== undefined)
    throw new SealstreamError('USAGE', { option: '--key' }, 'The vault knows the key of a token.');
  return ofVault(context, bus, options, dataset, path);
}

async function ofFpe(
  context: Context,
  bus: HeadsBus,
  options: Wanted,
  dataset: string,
  { mask, path }: Part,
): Promise<TurnBack> {
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

async function ofVault(
  context: Context,
  bus: HeadsBus,
  options: Wanted,
  { name: dataset, subject }: Dataset,
  path: string,
): Promise<TurnBack> {
  const subjects = subject === undefined ? undefined : 'shreds';
  const opened = await openKeys(context, bus, options, {
    dataset,
    purposes: ['vault'],
    subjects,
  });
  try {
    const rows = await openVaultRows(vaultPlaceOf(context, dataset));
    return {
      turn: (texts) => rows.valuesOf(opened.keys, path, texts.map(String)),
      stop: () => {
        rows.stop();
        opened.stop();
      },
    };
  } catch (error) {
    // It watches Redis, and the process would not end.
    opened.stop();
    throw error;
  }
}
