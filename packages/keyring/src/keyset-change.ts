import { KEY_PAIR_PURPOSES, type Purpose, SealstreamError } from '@sealstream/contracts';
import {
  type Algorithm,
  generateKey,
  generateKeyPair,
  KEY_BYTES,
  keyDigest,
  type KeyHandle,
  wrapKey,
} from '@sealstream/crypto';
import type { KeyArena } from './arena.ts';
import {
  ALGORITHMS,
  keyContext,
  type KeysetDocument,
  type KeysetKey,
  wrappingContext,
} from './keyset-document.ts';
import type { OutermostKeys } from './outermost-keys.ts';

/*
 * The next document of a keyset, before it is signed. Keys go pending → active → decrypt-only →
 * destroyed; each function here is one step of that and no more.
 */

/** A keyset's first document: a fresh wrapping key and one pending key. */
export async function firstDocument(
  purpose: Purpose,
  dataset: string,
  id: string,
  arena: KeyArena,
  outermost: OutermostKeys,
  algorithm: Algorithm = ALGORITHMS[purpose],
): Promise<KeysetDocument> {
  const wrapping = arena.take(generateKey);
  try {
    const context = wrappingContext(purpose, dataset);
    const wrapped = await arena.lend(wrapping, (slot) => outermost.wrap(purpose, context, slot));
    const changed = new Date().toISOString();
    const head = {
      type: 'sealstream-keyset',
      v: 1,
      purpose,
      dataset,
      version: 1,
      changed,
    } as const;
    const key = pendingKey(
      { purpose, dataset },
      { id, algorithm, created: changed },
      arena,
      wrapping,
    );
    return { ...head, wrappingKey: wrapped.toString('base64url'), keys: [key] };
  } finally {
    arena.drop(wrapping);
  }
}

/** The same keyset with one more, pending key. */
export async function withPending(
  document: KeysetDocument,
  id: string,
  arena: KeyArena,
  outermost: OutermostKeys,
  algorithm: Algorithm = ALGORITHMS[document.purpose],
): Promise<KeysetDocument> {
  const wrapping = await unwrapped(document, outermost, arena);
  try {
    const changed = new Date().toISOString();
    const key = pendingKey(document, { id, algorithm, created: changed }, arena, wrapping);
    return next(document, changed, [...document.keys, key]);
  } finally {
    arena.drop(wrapping);
  }
}

/**
 * The same keys under the same wrapping key, which is unwrapped by `from` and wrapped by `to`. The
 * wrapping key itself stays, so that no data key is touched.
 */
export async function withRewrapped(
  document: KeysetDocument,
  from: OutermostKeys,
  to: OutermostKeys,
  arena: KeyArena,
): Promise<KeysetDocument> {
  const { purpose, dataset } = document;
  const context = wrappingContext(purpose, dataset);
  const wrapping = await unwrapped(document, from, arena);
  try {
    const wrapped = await arena.lend(wrapping, (slot) => to.wrap(purpose, context, slot));
    const after = next(document, new Date().toISOString(), document.keys);
    return { ...after, wrappingKey: wrapped.toString('base64url') };
  } finally {
    arena.drop(wrapping);
  }
}

/** Whether these outermost keys unwrap the keyset. Throws what else the provider throws. */
export async function opensUnder(
  document: KeysetDocument,
  outermost: OutermostKeys,
  arena: KeyArena,
): Promise<boolean> {
  try {
    arena.drop(await unwrapped(document, outermost, arena));
    return true;
  } catch (error) {
    if (error instanceof SealstreamError && error.code === 'KEYSET_UNREADABLE') return false;
    throw error;
  }
}

/** The keyset's wrapping key, in a slot that the caller drops. */
export function unwrapped(
  { purpose, dataset, wrappingKey }: KeysetDocument,
  outermost: OutermostKeys,
  arena: KeyArena,
): Promise<KeyHandle> {
  const context = wrappingContext(purpose, dataset);
  const wrapped = Buffer.from(wrappingKey, 'base64url');
  return arena.takeFrom((slot) => outermost.unwrap(purpose, context, wrapped, slot));
}

/**
 * The pending key of an algorithm becomes active; the one that was only opens from now on. Keys of
 * other algorithms stay as they are: a new epoch that was cut is for nobody else to finish.
 */
export function withActivated(
  document: KeysetDocument,
  algorithm: Algorithm = ALGORITHMS[document.purpose],
): KeysetDocument {
  const keys = document.keys.map((key): KeysetKey => {
    if (key.algorithm !== algorithm) return key;
    if (key.state === 'pending') return { ...key, state: 'active' };
    return key.state === 'active' ? { ...key, state: 'decrypt-only' } : key;
  });
  return next(document, new Date().toISOString(), keys);
}

/** Without the wrapped form of one key; its digest stays, so that the key could be recognised. */
export function withDestroyed(document: KeysetDocument, id: string): KeysetDocument {
  const keys = document.keys.map((key): KeysetKey => {
    if (key.id !== id) return key;
    const { wrapped: _gone, ...rest } = key;
    return { ...rest, state: 'destroyed' };
  });
  return next(document, new Date().toISOString(), keys);
}

function next(document: KeysetDocument, changed: string, keys: KeysetKey[]): KeysetDocument {
  return { ...document, version: document.version + 1, changed, keys };
}

function pendingKey(
  keyset: Pick<KeysetDocument, 'purpose' | 'dataset'>,
  named: Pick<KeysetKey, 'id' | 'algorithm' | 'created'>,
  arena: KeyArena,
  wrapping: KeyHandle,
): KeysetKey {
  const { purpose } = keyset;
  const context = keyContext(keyset, named);
  const publicKey = Buffer.alloc(KEY_BYTES);
  const pair = KEY_PAIR_PURPOSES.includes(purpose);
  const key = arena.take((slot) => (pair ? generateKeyPair(publicKey, slot) : generateKey(slot)));
  try {
    return {
      ...named,
      state: 'pending',
      wrapped: wrapKey(wrapping, context, key).toString('base64url'),
      digest: keyDigest(key, context).toString('base64url'),
      ...(pair ? { publicKey: publicKey.toString('base64url') } : {}),
    };
  } finally {
    arena.drop(key);
  }
}
