import { describe, expect, test } from 'vitest';
import { keyHandle } from '../src/key-handle.ts';
import { aeadOpen, aeadSeal } from '../src/xchacha20-poly1305.ts';
import { hex, xchacha } from './vectors.ts';

describe('XChaCha20-Poly1305', () => {
  test.each(xchacha)('gives the sealed bytes of the IETF draft', (vector) => {
    const [plain, associated, nonce] = [vector.plain, vector.associated, vector.nonce].map(hex) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    const key = keyHandle(hex(vector.key));
    const sealed = Buffer.alloc(plain.length + 16);
    aeadSeal(sealed, plain, associated, nonce, key);
    expect(sealed.toString('hex')).toBe(vector.sealed);
    const opened = Buffer.alloc(plain.length);
    expect(aeadOpen(opened, sealed, associated, nonce, key)).toBe(true);
    expect(opened.equals(plain)).toBe(true);
  });

  test('a flipped bit anywhere does not open', () => {
    const key = keyHandle(Buffer.alloc(32, 1));
    const [plain, associated, nonce] = [
      Buffer.from('twelve bytes'),
      Buffer.from('ad'),
      Buffer.alloc(24),
    ];
    const sealed = Buffer.alloc(plain.length + 16);
    aeadSeal(sealed, plain, associated, nonce, key);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(aeadOpen(Buffer.alloc(plain.length), changed, associated, nonce, key)).toBe(false);
    }
  });
});
