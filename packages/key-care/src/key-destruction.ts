import type { Bus } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import type { DestroyedKey, KeysetAdmin } from '@sealstream/keyring';

import { HINDRANCES, type SafetyOrder, standingOf, unseenHint } from './key-safety.ts';
import { scanUsage } from './key-usage.ts';
import type { Tell } from './tell.ts';

export interface DestroyOrder extends SafetyOrder {
  /** Also while records name it, or may; never while it seals, or might. */
  readonly force: boolean;
}

/** What the end of a key works with. */
interface DestroyParts {
  readonly admin: Pick<KeysetAdmin, 'destroy' | 'list'>;
  readonly bus: Pick<Bus, 'admin' | 'read'>;
  readonly tell: Tell;
}

/**
 * Ends a key that only opens, after it was looked at what still needs it, as keySafety does. What it
 * sealed opens nowhere any more. A second time does no harm, and is not told again.
 *
 * @returns also how many records on the topics named it
 * @throws SealstreamError KEY_NEEDED with what stands against it; KEY_UNKNOWN, TOPIC_MISSING, KEYSET_*,
 *   KAFKA_*, REDIS_*; the reason of the signal, before anything was changed
 */
export async function destroyKey(
  { admin, bus, tell }: DestroyParts,
  order: DestroyOrder,
): Promise<DestroyedKey & { readonly records: number }> {
  const { dataset, force, keyId, purpose, signal, topics } = order;
  const { follows, settled, state } = standingOf(await admin.list(), order);
  const at = { dataset, purpose, key: keyId };
  // Before the topics, which take long to read.
  if (state === 'active' || state === 'pending')
    throw new SealstreamError('KEY_NEEDED', { ...at, state }, HINDRANCES.seals);
  if (state === 'decrypt-only' && !settled)
    throw new SealstreamError('KEY_NEEDED', { ...at, follows }, HINDRANCES.unsettled);
  const { usage } = await scanUsage(bus, topics, new Set([keyId]), order);
  const records = usage.reduce((sum, one) => sum + one.records, 0);
  const hint = unseenHint(purpose) ?? (records > 0 ? HINDRANCES.records : undefined);
  if (state !== 'destroyed' && !force && hint !== undefined)
    throw new SealstreamError('KEY_NEEDED', { ...at, records }, hint);
  signal?.throwIfAborted();
  const destroyed = await admin.destroy(purpose, dataset, keyId);
  const { action, version } = destroyed;
  // What needs it may stand where no scan finds it: then it was forced, too, though no record was found.
  const details = { purpose, keyId, version, records, forced: hint !== undefined };
  if (action === 'destroyed') await tell({ type: 'key-destroyed', dataset, details });
  return { ...destroyed, records };
}
