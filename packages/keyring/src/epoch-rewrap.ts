import { SealstreamError } from '@sealstream/contracts';
import { KeyArena } from './arena.ts';
import type { EpochStore, StoredEpoch } from './epoch-store.ts';
import type { OutermostKeys } from './outermost-keys.ts';
import { epochContext } from './subject-register.ts';

/** Whose epoch keys move, and between which outermost keys of the purpose `subject`. */
export interface EpochMove {
  readonly dataset: string;
  readonly store: EpochStore;
  readonly from: OutermostKeys;
  readonly to: OutermostKeys;
  readonly allowUnlocked?: boolean | undefined;
}

/**
 * Puts the epoch keys of a dataset under other outermost keys: the same keys, wrapped by `to`. What
 * `to` unwraps is done, so a run that was cut short is taken up by the next one.
 *
 * Throws KEYSET_MISSING when there are none here, KEYSET_UNREADABLE when neither unwraps them, and
 * what store and providers throw.
 */
export async function rewrapEpochs(move: EpochMove): Promise<'rewrapped' | 'unchanged'> {
  const { dataset, store } = move;
  const before = await store.load(dataset);
  if (before.length === 0) throw new SealstreamError('KEYSET_MISSING', { epochs: dataset });
  const arena = new KeyArena({ allowUnlocked: move.allowUnlocked ?? false });
  try {
    const after: StoredEpoch[] = [];
    for (const epoch of before) after.push(await rewrapped(epoch, move, arena));
    if (after.every((epoch, at) => epoch === before[at])) return 'unchanged';
    await store.rewrap(dataset, after);
    return 'rewrapped';
  } finally {
    arena.clear();
  }
}

async function rewrapped(
  epoch: StoredEpoch,
  { dataset, from, to }: EpochMove,
  arena: KeyArena,
): Promise<StoredEpoch> {
  const context = epochContext(dataset, epoch.id);
  const opened = (by: OutermostKeys) =>
    arena.takeFrom((slot) => by.unwrap('subject', context, epoch.wrapped, slot));
  try {
    arena.drop(await opened(to));
    return epoch;
  } catch (error) {
    const isOther = error instanceof SealstreamError && error.code === 'KEYSET_UNREADABLE';
    if (!isOther) throw error;
  }
  const key = await opened(from);
  const wrapped = await arena.lend(key, (slot) => to.wrap('subject', context, slot));
  // Postcondition: what replaces the old form was opened under the new outermost key.
  arena.drop(await arena.takeFrom((slot) => to.unwrap('subject', context, wrapped, slot)));
  arena.drop(key);
  return { ...epoch, wrapped };
}
