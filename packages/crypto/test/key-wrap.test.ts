import { describe, expect, test } from 'vitest';
import { bytesOf, keyHandle } from '../src/key-handle.ts';
import {
  generateKey,
  generateKeyPair,
  keyDigest,
  publicKeyOf,
  unwrapKey,
  wrapKey,
  WRAPPED_BYTES,
} from '../src/key-wrap.ts';

const context = ['field/people', 'k3Y_id-12AbZ', 'xchacha20-poly1305', 'field', '2026-01-01'];
const wrapping = keyHandle(Buffer.alloc(32, 1));

describe('wrapped key', () => {
  test('opens to the same key', () => {
    const key = generateKey(Buffer.alloc(32));
    const wrapped = wrapKey(wrapping, context, key);
    expect(wrapped).toHaveLength(WRAPPED_BYTES);
    const opened = unwrapKey(wrapping, context, wrapped, Buffer.alloc(32));
    expect(bytesOf(opened).equals(bytesOf(key))).toBe(true);
    expect(keyDigest(opened, context)).toEqual(keyDigest(key, context));
  });

  test('in another context, under another key or changed it is refused and the slot is zero', () => {
    const wrapped = wrapKey(wrapping, context, generateKey(Buffer.alloc(32)));
    const slot = Buffer.alloc(32, 0xee);
    const attempts: (() => unknown)[] = context.map((_part, at) => () => {
      const other = context.with(at, `${context[at]}x`);
      return unwrapKey(wrapping, other, wrapped, slot);
    });
    attempts.push(
      () => unwrapKey(wrapping, context.slice(1), wrapped, slot),
      () => unwrapKey(keyHandle(Buffer.alloc(32, 2)), context, wrapped, slot),
      () => unwrapKey(wrapping, context, wrapped.subarray(1), slot),
      () => unwrapKey(wrapping, context, Buffer.alloc(0), slot),
    );
    for (let at = 0; at < wrapped.length; at++) {
      const changed = Buffer.from(wrapped);
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      attempts.push(() => unwrapKey(wrapping, context, changed, slot));
    }
    for (const attempt of attempts) {
      slot.fill(0xee);
      expect(attempt).toThrow('KEYSET_UNREADABLE');
      expect(slot.equals(Buffer.alloc(32))).toBe(true);
    }
  });

  test('the digest of a key changes with the key and with the context', () => {
    const digests = [
      keyDigest(wrapping, context),
      keyDigest(keyHandle(Buffer.alloc(32, 2)), context),
      keyDigest(wrapping, ['other']),
    ].map((digest) => digest.toString('hex'));
    expect(new Set(digests).size).toBe(3);
  });
});

test('a generated key pair belongs together', () => {
  const publicKey = Buffer.alloc(32);
  const privateKey = generateKeyPair(publicKey, Buffer.alloc(32));
  expect(publicKeyOf(privateKey)).toEqual(publicKey);
});
