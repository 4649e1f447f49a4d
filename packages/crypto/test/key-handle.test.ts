import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bytesOf, destroyKey, keyHandle } from '../src/key-handle.ts';
import * as face from '../src/index.ts';

describe('key handle', () => {
  const bytes = Buffer.from(
    '00112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100',
    'hex',
  );

  test('string, JSON and inspect forms show nothing', () => {
    const handle = keyHandle(bytes);
    const shown = [
      String(handle),
      JSON.stringify({ handle }),
      inspect(handle, { showHidden: true, depth: 9 }),
      inspect({ handle }),
      Object.getOwnPropertyNames(handle).join(),
    ].join(' ');
    expect(shown).toContain('[key]');
    expect(shown).not.toMatch(/00112233|\b51\b|ABEiM/);
  });

  test('a key is 32 bytes', () => {
    expect(() => keyHandle(Buffer.alloc(31))).toThrow('INTERNAL');
    expect(() => keyHandle(Buffer.alloc(33))).toThrow('INTERNAL');
  });

  test('a destroyed key is zeroed and every later use throws', () => {
    const slot = Buffer.from(bytes);
    const handle = keyHandle(slot);
    destroyKey(handle);
    destroyKey(handle);
    expect(slot.equals(Buffer.alloc(32))).toBe(true);
    expect(() => bytesOf(handle)).toThrow('INTERNAL');
  });

  test('the public face of the package gives no way to the bytes and no way to fix a nonce', () => {
    expect(Object.keys(face)).not.toContain('bytesOf');
    expect(Object.keys(face).join()).not.toMatch(/nonce/i);
  });
});
