import type { Bus } from '@sealstream/bus';
import { type Purpose, SealstreamError } from '@sealstream/contracts';
import type { KeysetAdmin, ListedKey, ListedKeyset } from '@sealstream/keyring';

import { type KeyUsage, scanUsage, type UsageScan } from './key-usage.ts';

/** Longer than the caches of services: after it none of them seals with the key before. */
export const SETTLED_MS = 3_600_000;

/** What can stand against the end of a key, with what to do about it. */
export const HINDRANCES = {
  seals: 'Only a key that seals no more can be destroyed: rotate first.',
  unsettled: 'It was rotated away so lately that a service may still seal with it: wait.',
  records: 'Records on its topics name it: wait until retention has deleted them, or force it.',
  unseen: 'What needs it stands where no scan of topics finds it.',
} as const;
export type Hindrance = keyof typeof HINDRANCES;

/** Purposes of which what needs a key stands where no scan of topics finds it. */
const UNSEEN: Readonly<Partial<Record<Purpose, string>>> = {
  producer:
    'Producers may seal to it still, and rejects hold what they sealed where nobody sees it: ' +
    'give every producer the new public key, see to open rejects, then force it.',
  fpe: 'Values that it masked do not name it, and none of them could be turned back: force it.',
  vault: 'Tokens do not name it, and none of its rows in the vault would open: force it.',
};

export interface SafetyOrder extends UsageScan {
  readonly dataset: string;
  readonly purpose: Purpose;
  readonly keyId: string;
  /** The topics that are read to their ends. */
  readonly topics: readonly string[];
  /** How long ago the keyset must have changed, in milliseconds. */
  readonly settledMs: number;
}

/** What stands for and against the end of a key. */
export interface KeySafety {
  readonly state: ListedKey['state'];
  readonly usage: readonly KeyUsage[];
  /** Those that name the key, on all topics that were read. */
  readonly records: number;
  readonly settled: boolean;
  /** Whether it may go without force. */
  readonly mayGo: boolean;
  readonly why: readonly Hindrance[];
}

/** What is known before a topic is read. */
export interface KeyStanding {
  readonly state: ListedKey['state'];
  readonly follows: string;
  readonly settled: boolean;
}

/**
 * Looks whether a key may go: whether it seals no more, for long enough, and how many records name it.
 *
 * @throws SealstreamError KEY_UNKNOWN, TOPIC_MISSING, KAFKA_*, REDIS_*; the reason of the signal
 */
export async function keySafety(
  admin: Pick<KeysetAdmin, 'list'>,
  bus: Pick<Bus, 'admin' | 'read'>,
  order: SafetyOrder,
): Promise<KeySafety> {
  const { settled, state } = standingOf(await admin.list(), order);
  const { usage } = await scanUsage(bus, order.topics, new Set([order.keyId]), order);
  const records = usage.reduce((sum, one) => sum + one.records, 0);
  const is: Readonly<Record<Hindrance, boolean>> = {
    seals: state === 'active' || state === 'pending',
    unsettled: state === 'decrypt-only' && !settled,
    records: records > 0,
    unseen: unseenHint(order.purpose) !== undefined,
  };
  const why = (Object.keys(HINDRANCES) as Hindrance[]).filter((one) => is[one]);
  // What is gone needs nothing any more.
  const left = state === 'destroyed' ? [] : why;
  return { state, usage, records, settled, mayGo: left.length === 0, why: left };
}

/**
 * How a key stands by its keyset: a service that does not reach Redis seals with the key that it knows
 * until its ceiling, and what it seals then would be lost.
 *
 * @throws SealstreamError KEY_UNKNOWN, or why its keyset is not believed
 */
export function standingOf(
  keysets: readonly ListedKeyset[],
  { dataset, keyId, purpose, settledMs }: SafetyOrder,
): KeyStanding {
  const keyset = keysets.find(({ name }) => name === `${purpose}/${dataset}`);
  const keys = keyset?.keys ?? [];
  const ended = keys.find(({ id }) => id === keyId);
  if (ended === undefined) {
    // Of one that is not believed it is not known what it holds.
    const code = keyset?.problem ?? 'KEY_UNKNOWN';
    throw new SealstreamError(code, { keyset: `${purpose}/${dataset}`, key: keyId });
  }
  const follows = keys.find(
    ({ algorithm, state }) => state === 'active' && algorithm === ended.algorithm,
  );
  // A key can be made long before it seals, where a rotation was cut; it seals since the last change
  // at the latest.
  const since = [follows?.created, keyset?.changed].map((time) => Date.parse(time ?? ''));
  const ageMs = Date.now() - Math.max(...since);
  return { state: ended.state, follows: follows?.id ?? '', settled: ageMs >= settledMs };
}

/** Why keys of a purpose always need force; undefined where a scan finds what needs them. */
export function unseenHint(purpose: Purpose): string | undefined {
  return UNSEEN[purpose];
}
