import { type Purpose, SealstreamError } from '@sealstream/contracts';
import {
  type EpochStore,
  type KeysetAdmin,
  type OutermostKeys,
  rewrapEpochs,
} from '@sealstream/keyring';

import type { Tell } from './tell.ts';

/** A move of keysets from the outermost keys that they are under to others. */
export interface KeyMove {
  /** Unwraps with `from`. */
  readonly admin: Pick<KeysetAdmin, 'list' | 'registers' | 'rewrap'>;
  readonly from: OutermostKeys;
  readonly to: OutermostKeys;
  /** The provider of `to`, by name, for the audit log. */
  readonly provider: string;
}

/** What a rewrap works with. */
export interface RewrapParts {
  readonly move: KeyMove;
  /** Where the epoch keys of subjects lie: they stand in no keyset, and are wrapped anew there. */
  readonly epochs: () => EpochStore;
  readonly allowUnlocked: boolean;
  readonly tell: Tell;
  /** Told of each when it is done. */
  readonly onKeyset?: (one: RewrappedKeys) => void;
}

/** What became of one keyset, or of the epochs of one dataset. */
export interface RewrappedKeys {
  /** `purpose/dataset`. */
  readonly name: string;
  /** 0 of epochs, and of what failed. */
  readonly version: number;
  readonly action: 'rewrapped' | 'unchanged' | 'failed';
  /** Code of what is wrong with this keyset alone. */
  readonly problem?: string;
}

/**
 * Puts every keyset of these purposes under other outermost keys, also those of datasets that left the
 * policy. What `to` unwraps is done, so a run that was cut is taken up by the next one.
 *
 * @param dataset only of this one
 * @throws SealstreamError what is wrong with the keys as a whole: KEY_FILE_*, KEY_PROVIDER_*, REDIS_*,
 *   KAFKA_UNREACHABLE
 */
export async function rewrapKeysets(
  parts: RewrapParts,
  purposes: readonly Purpose[],
  dataset?: string,
): Promise<RewrappedKeys[]> {
  const { move, onKeyset, tell } = parts;
  const done: RewrappedKeys[] = [];
  for (const one of await keysetsOf(move.admin, purposes, dataset)) {
    const { purpose } = one;
    const moved: RewrappedKeys = await (purpose === 'subject'
      ? epochsMoved(parts, one.dataset)
      : move.admin.rewrap(purpose, one.dataset, move.to)
    ).catch((error: unknown) => failed(`${purpose}/${one.dataset}`, error));
    done.push(moved);
    onKeyset?.(moved);
    const { action, version } = moved;
    const details = { purpose, version, to: move.provider };
    if (action === 'rewrapped')
      await tell({ type: 'key-rewrapped', dataset: one.dataset, details });
  }
  return done;
}

async function epochsMoved(
  { allowUnlocked, epochs, move: { from, to } }: RewrapParts,
  dataset: string,
): Promise<RewrappedKeys> {
  const action = await rewrapEpochs({ dataset, store: epochs(), from, to, allowUnlocked });
  return { name: `subject/${dataset}`, version: 0, action };
}

async function keysetsOf(
  admin: KeyMove['admin'],
  purposes: readonly Purpose[],
  wanted: string | undefined,
): Promise<{ readonly purpose: Purpose; readonly dataset: string }[]> {
  const listed = await admin.list();
  const registers = await admin.registers();
  return [...listed.map(({ name }) => name), ...registers].flatMap((name) => {
    const slash = name.indexOf('/');
    const dataset = name.slice(slash + 1);
    const purpose = purposes.find((one) => one === name.slice(0, slash));
    const isWanted = wanted === undefined || wanted === dataset;
    return purpose !== undefined && isWanted ? [{ purpose, dataset }] : [];
  });
}

/** What is wrong with one keyset keeps none of the others; anything else ends the run. */
function failed(name: string, error: unknown): RewrappedKeys {
  const isOfKeyset = error instanceof SealstreamError && error.code.startsWith('KEYSET_');
  if (!isOfKeyset) throw error;
  return { name, version: 0, action: 'failed', problem: error.code };
}
