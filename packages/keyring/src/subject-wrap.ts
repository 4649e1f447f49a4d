import { randomBytes } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { keyDigest, type KeyHandle, unwrapKey, wrapKey } from '@sealstream/crypto';
import { type LiveRecord, liveRecord, subjectContext } from './subject-record.ts';
import { registerName } from './subject-register.ts';

/** 9 bytes are 12 base64url characters. */
const KEY_ID_BYTES = 9;
/** Ids drawn with one call into native code, which takes longer than all else of making a key. */
const POOL_IDS = 256;

let pool = Buffer.alloc(0);

/** A fresh key id, or epoch id: 12 characters of base64url. */
export function randomId(): string {
  if (pool.length === 0) pool = randomBytes(KEY_ID_BYTES * POOL_IDS);
  const id = pool.toString('base64url', 0, KEY_ID_BYTES);
  pool = pool.subarray(KEY_ID_BYTES);
  return id;
}

/** A subject's key under its epoch's key, as the record that stands in Redis. */
export function wrapSubjectKey(
  dataset: string,
  index: string,
  named: Pick<LiveRecord, 'keyId' | 'epoch' | 'created'>,
  epoch: KeyHandle,
  key: KeyHandle,
): Buffer {
  const context = subjectContext(dataset, index, named);
  const wrapped = wrapKey(epoch, context, key);
  return liveRecord({ ...named, wrapped, digest: keyDigest(key, context) });
}

/** Unwraps a subject's key and holds it against its digest. Throws KEYSET_UNREADABLE. */
export function openSubjectKey(
  dataset: string,
  index: string,
  record: LiveRecord,
  epoch: KeyHandle,
  slot: Buffer,
): KeyHandle {
  const context = subjectContext(dataset, index, record);
  const key = unwrapKey(epoch, context, record.wrapped, slot);
  if (keyDigest(key, context).equals(record.digest)) return key;
  throw new SealstreamError('KEYSET_UNREADABLE', { keyset: registerName(dataset), index });
}
