import { randomBytes } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { keyDigest, type KeyHandle, unwrapKey, wrapKey } from '@sealstream/crypto';
import { type LiveRecord, liveRecord, subjectContext } from './subject-record.ts';
import { registerName } from './subject-register.ts';

/** 9 bytes are 12 base64url characters. */
const KEY_ID_BYTES = 9;

/** A fresh key id, or epoch id: 12 characters of base64url. */
export function randomId(): string {
  return randomBytes(KEY_ID_BYTES).toString('base64url');
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
