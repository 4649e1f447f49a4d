import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RecordBinding } from '../src/record-binding.ts';
import { RecordCipher } from '../src/record-cipher.ts';
import { FixedNonces } from './fixed-nonces.ts';
import { MemoryKeys } from './memory-keys.ts';
import { hex, sealedRecords } from './vectors.ts';

const ID = 'acceptedKey1';
const keys = new MemoryKeys({ [ID]: Buffer.alloc(32, 1) });
const cipher = new RecordCipher('accepted', 'people', 'accepted');
const binding: RecordBinding = {
  source: Buffer.alloc(16, 3),
  key: Buffer.from('k'),
  headers: Buffer.from('h'),
};
const bindingOf = (of: { source: string; key: string | null; headers: string }): RecordBinding => ({
  source: hex(of.source),
  key: of.key === null ? null : hex(of.key),
  headers: hex(of.headers),
});

function refusal(open: () => unknown): string {
  try {
    open();
    return 'opened';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const bytes = fc.uint8Array({ maxLength: 3000, size: 'max' });
const anyBinding = fc.record({
  source: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  key: fc.option(fc.uint8Array({ maxLength: 40 })),
  headers: fc.uint8Array({ maxLength: 40 }),
});

/** Every way in which a reader may expect something else than was sealed. */
const moved: [string, RecordCipher, RecordBinding][] = [
  ['stage', new RecordCipher('accepted', 'people', 'other'), binding],
  ['dataset', new RecordCipher('accepted', 'peoples', 'accepted'), binding],
  ['purpose', new RecordCipher('field', 'people', 'accepted'), binding],
  ['coordinate', cipher, { ...binding, source: Buffer.alloc(16, 4) }],
  ['Kafka key', cipher, { ...binding, key: Buffer.from('l') }],
  ['Kafka key taken away', cipher, { ...binding, key: null }],
  ['headers', cipher, { ...binding, headers: Buffer.from('i') }],
  [
    'border of key and headers',
    cipher,
    { ...binding, key: Buffer.from('kh'), headers: Buffer.alloc(0) },
  ],
];

describe('sealed record under a shared key', () => {
  test.each(sealedRecords.shared)('is sealed and opened as published', (vector) => {
    const source = new MemoryKeys({ [vector.keyId]: hex(vector.stored) });
    const nonces = new FixedNonces(hex(vector.nonce));
    const fixed = new RecordCipher(vector.purpose, vector.dataset, vector.stage, nonces);
    const sealed = fixed.seal(source, bindingOf(vector), hex(vector.plain));
    expect(sealed.toString('hex')).toBe(vector.sealed);
    expect(fixed.open(source, bindingOf(vector), sealed)).toEqual(hex(vector.plain));
  });

  test('returns any bytes exactly, with any key and headers', () => {
    fc.assert(
      fc.property(bytes, anyBinding, (plain, bound) => {
        const sealed = cipher.seal(keys, bound, plain);
        expect(cipher.open(keys, bound, sealed)).toEqual(Buffer.from(plain));
      }),
    );
  });

  test.each(moved)('does not open under another %s', (_what, reader, bound) => {
    const sealed = cipher.seal(keys, binding, Buffer.from('value'));
    expect(refusal(() => reader.open(keys, bound, sealed))).toBe('RECORD_NOT_AUTHENTIC');
  });

  test('no key and an empty key are different', () => {
    const sealed = cipher.seal(keys, { ...binding, key: null }, Buffer.from('value'));
    const empty = { ...binding, key: Buffer.alloc(0) };
    expect(refusal(() => cipher.open(keys, empty, sealed))).toBe('RECORD_NOT_AUTHENTIC');
  });

  test('a changed byte, a cut or an addition never opens', () => {
    const sealed = cipher.seal(keys, binding, Buffer.from('value'));
    const refusals = ['RECORD_NOT_AUTHENTIC', 'KEY_UNKNOWN'];
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(refusals).toContain(refusal(() => cipher.open(keys, binding, changed)));
      const cut = sealed.subarray(0, at);
      expect(refusals).toContain(refusal(() => cipher.open(keys, binding, cut)));
    }
    const longer = Buffer.concat([sealed, Buffer.alloc(1)]);
    expect(refusals).toContain(refusal(() => cipher.open(keys, binding, longer)));
  });

  test('an unknown key id is said to be unknown, and no other key is tried', () => {
    const sealed = cipher.seal(keys, binding, Buffer.from('value'));
    const others = new MemoryKeys({ otherKeyId12: Buffer.alloc(32, 1) });
    expect(refusal(() => cipher.open(others, binding, sealed))).toBe('KEY_UNKNOWN');
  });

  test('a source coordinate is 16 bytes', () => {
    const short = { ...binding, source: Buffer.alloc(15) };
    expect(refusal(() => cipher.seal(keys, short, Buffer.alloc(1)))).toBe('INTERNAL');
  });
});

describe('sealed record to a public key', () => {
  test.each(sealedRecords.toPublic)('published ones open', (vector) => {
    const source = new MemoryKeys({ [vector.keyId]: hex(vector.privateKey) });
    const reader = new RecordCipher(vector.purpose, vector.dataset, vector.stage);
    expect(source.publicKey('rejected', 'people').publicKey).toEqual(hex(vector.publicKey));
    const opened = reader.openSealed(source, bindingOf(vector), hex(vector.sealed));
    expect(opened).toEqual(hex(vector.plain));
  });

  test('returns any bytes exactly, and the two forms never open as each other', () => {
    fc.assert(
      fc.property(bytes, anyBinding, (plain, bound) => {
        const sealed = cipher.sealToPublic(keys, bound, plain);
        expect(cipher.openSealed(keys, bound, sealed)).toEqual(Buffer.from(plain));
        expect(refusal(() => cipher.open(keys, bound, sealed))).toBe('RECORD_NOT_AUTHENTIC');
      }),
      { numRuns: 30 },
    );
    const shared = cipher.seal(keys, binding, Buffer.alloc(200));
    expect(refusal(() => cipher.openSealed(keys, binding, shared))).toBe('RECORD_NOT_AUTHENTIC');
  });

  test.each(moved)('does not open under another %s', (_what, reader, bound) => {
    const sealed = cipher.sealToPublic(keys, binding, Buffer.from('value'));
    expect(refusal(() => reader.openSealed(keys, bound, sealed))).toBe('RECORD_NOT_AUTHENTIC');
  });

  test('a changed byte or a cut never opens', () => {
    const sealed = cipher.sealToPublic(keys, binding, Buffer.from('value'));
    const refusals = ['RECORD_NOT_AUTHENTIC', 'KEY_UNKNOWN'];
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(refusals).toContain(refusal(() => cipher.openSealed(keys, binding, changed)));
      const cut = sealed.subarray(0, at);
      expect(refusals).toContain(refusal(() => cipher.openSealed(keys, binding, cut)));
    }
  });

  test('with another private key it does not open', () => {
    const sealed = cipher.sealToPublic(keys, binding, Buffer.from('value'));
    const other = new MemoryKeys({ [ID]: Buffer.alloc(32, 9) });
    expect(refusal(() => cipher.openSealed(other, binding, sealed))).toBe('RECORD_NOT_AUTHENTIC');
  });
});
