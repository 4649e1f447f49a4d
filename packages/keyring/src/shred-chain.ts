import { createHash } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';

/** One entry of the list of shreds of a dataset. */
export interface ShredEntry {
  readonly action: 'shred' | 're-enrol';
  /** 22 characters of base64url: the subject's index. */
  readonly index: string;
  /** The key that was destroyed; undefined when there was none. */
  readonly keyId: string | undefined;
  /** RFC 3339. */
  readonly time: string;
  /** SHA-256 of the receipt, hex. */
  readonly receiptDigest: string;
}

/** Where a chain begins: 32 zero bytes in base64url. */
export const FIRST_LINK = Buffer.alloc(32).toString('base64url');

const ENTRY =
  /^(shred|re-enrol) ([A-Za-z0-9_-]{22}) ([A-Za-z0-9_-]{12}|-) (\d{4}-\d\d-\d\dT[\d:.]+Z) ([0-9a-f]{64})$/;

/** An entry as it stands in Redis and in the chain: five words of ASCII. */
export function entryText({ action, index, keyId, time, receiptDigest }: ShredEntry): string {
  return [action, index, keyId ?? '-', time, receiptDigest].join(' ');
}

/** Throws KEYSET_UNREADABLE. */
export function parseEntry(text: string): ShredEntry {
  const [, action, index, keyId, time, receiptDigest] = ENTRY.exec(text) ?? [];
  if (action === undefined) throw new SealstreamError('KEYSET_UNREADABLE', { shreds: 'an entry' });
  return {
    action: action as ShredEntry['action'],
    index,
    keyId: keyId === '-' ? undefined : keyId,
    time,
    receiptDigest,
  };
}

/**
 * The link after an entry: SHA-256 over the link before it and the entry, base64url. Who knows the
 * last link of n entries, signed, lets nobody take one away, change one or put one between.
 */
export function linkAfter(link: string, entry: string): string {
  return createHash('sha256')
    .update(Buffer.from(link, 'base64url'))
    .update(entry)
    .digest('base64url');
}
