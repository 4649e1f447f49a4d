import sodium from 'sodium-native';
import { describe, expect, test } from 'vitest';
import { gcmOpen, gcmSeal } from '../src/aes-256-gcm.ts';
import { fernetText, openFernet, sealFernet } from '../src/fernet-token.ts';
import { keyHandle } from '../src/key-handle.ts';
import { hex, standards } from './vectors.ts';

/** The types of the binding leave out what we do not use. */
const ietf = sodium as unknown as {
  crypto_aead_chacha20poly1305_ietf_encrypt: typeof sodium.crypto_aead_xchacha20poly1305_ietf_encrypt;
};

describe('published vectors', () => {
  test.each(standards.aes256Gcm)('$from: AES-256-GCM seals and opens so', (vector) => {
    const key = keyHandle(hex(vector.key));
    const [plain, associated, nonce] = [vector.plain, vector.associated, vector.nonce].map(hex);
    if (plain === undefined || associated === undefined || nonce === undefined)
      expect.unreachable();
    const sealed = Buffer.alloc(plain.length + 16);
    gcmSeal(sealed, plain, associated, nonce, key);
    expect(sealed.toString('hex')).toBe(vector.sealed);
    const opened = Buffer.alloc(plain.length);
    expect(gcmOpen(opened, sealed, associated, nonce, key)).toBe(true);
    expect(opened).toEqual(plain);
    sealed[0] = (sealed[0] ?? 0) ^ 1;
    expect(gcmOpen(opened, sealed, associated, nonce, key)).toBe(false);
    expect(opened.every((byte) => byte === 0)).toBe(true);
  });

  test.each(standards.chaCha20Poly1305)('$from: what XChaCha20-Poly1305 is built on', (vector) => {
    const plain = hex(vector.plain);
    const sealed = Buffer.alloc(plain.length + 16);
    ietf.crypto_aead_chacha20poly1305_ietf_encrypt(
      sealed,
      plain,
      hex(vector.associated),
      null,
      hex(vector.nonce),
      hex(vector.key),
    );
    expect(sealed.toString('hex')).toBe(vector.sealed);
  });

  test.each(standards.blake2bKeyed)('$from: what derivation and hashes are', (vector) => {
    const digest = Buffer.alloc(64);
    sodium.crypto_generichash(digest, hex(vector.message), hex(vector.key));
    expect(digest.toString('hex')).toBe(vector.digest);
  });

  test.each(standards.fernet)('$from: Fernet seals and opens so', (vector) => {
    const key = keyHandle(Buffer.from(vector.secret, 'base64url'));
    const token = sealFernet(key, vector.seconds, hex(vector.iv), hex(vector.plain));
    expect(fernetText(token)).toBe(vector.token);
    expect(openFernet(key, token)).toEqual(hex(vector.plain));
    token[20] = (token[20] ?? 0) ^ 1;
    expect(openFernet(key, token)).toBeUndefined();
  });
});
