import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldCipher } from '../src/cipher-of-method.ts';
import type { FieldCipher } from '../src/field-cipher.ts';
import { DEFAULT_SEAL } from '../src/seal-method.ts';
import type { PlainType } from '../src/typed-block.ts';
import { looksLikeToken } from '../src/looks-sealed.ts';
import { FixedNonces } from './fixed-nonces.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { MemoryKeys } from './memory-keys.ts';
import { fieldTokens, hex } from './vectors.ts';

const ID = 'k3Y_id-12AbZ';
const OTHER = 'anotherKey12';
const keys = new MemoryKeys({ [OTHER]: Buffer.alloc(32, 2), [ID]: Buffer.alloc(32, 1) });
const cipher = fieldCipher('people', '/ssn');
const types: PlainType[] = ['string', 'number', 'boolean', 'null', 'json', 'csv-quoted'];
const seal = (text: string): Buffer => cipher.seal(keys, 'string', Buffer.from(text));

/** The code that opening throws. */
function refusal(token: Uint8Array, by: FieldCipher = cipher, source = keys): string {
  try {
    by.open(source, token);
    return 'opened';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('field token', () => {
  test.each(fieldTokens)('$type at $path is sealed and opened as published', (vector) => {
    const source = new MemoryKeys({ [vector.keyId]: hex(vector.stored) });
    const nonces = new FixedNonces(hex(vector.nonce));
    const fixed = fieldCipher(vector.dataset, vector.path, DEFAULT_SEAL, nonces);
    expect(fixed.seal(source, vector.type, hex(vector.plain)).toString()).toBe(vector.token);
    const opened = fixed.open(source, Buffer.from(vector.token));
    expect(opened).toEqual({ type: vector.type, plain: hex(vector.plain) });
  });

  test('returns type and bytes exactly, for every type and any bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 6000, size: 'max' });
    fc.assert(
      fc.property(fc.constantFrom(...types), bytes, (type, plain) => {
        const token = cipher.seal(keys, type, plain);
        expect(looksLikeToken(token)).toBe(true);
        expect(cipher.open(keys, token)).toEqual({ type, plain: Buffer.from(plain) });
      }),
    );
  });

  test('is written behind what stands, from a value inside a larger buffer', () => {
    const bytes = fc.uint8Array({ maxLength: 400, size: 'max' });
    fc.assert(
      fc.property(fc.constantFrom(...types), bytes, bytes, (type, plain, around) => {
        const whole = Buffer.concat([around, plain, around]);
        const out = new GrowingBytes('before ');
        const end = around.length + plain.length;
        cipher.sealInto(keys, type, whole, around.length, end, out);
        const text = out.text();
        expect(text.startsWith('before ss1:')).toBe(true);
        expect(out.bytes).toHaveLength(out.length);
        const opened = cipher.open(keys, Buffer.from(text.slice('before '.length)));
        expect(opened).toEqual({ type, plain: Buffer.from(plain) });
      }),
    );
  });

  test('a value that is not sealed leaves the output as it was', () => {
    const out = new GrowingBytes('before ');
    const huge = Buffer.alloc(16 * 1024 * 1024 + 1);
    const none = new MemoryKeys({});
    expect(() => cipher.sealInto(keys, 'string', huge, 0, huge.length, out)).toThrow();
    expect(() => cipher.sealInto(none, 'string', huge, 0, 9, out)).toThrow();
    expect(out.text()).toBe('before ');
  });

  test('the same value sealed twice gives two tokens', () => {
    expect(seal('123-45-6789').equals(seal('123-45-6789'))).toBe(false);
  });

  test('values of one padded length give tokens of one length', () => {
    const lengths = (from: number, to: number): number[] => [
      ...new Set(
        Array.from({ length: to - from + 1 }, (_, i) => seal('x'.repeat(from + i)).length),
      ),
    ];
    expect(lengths(0, 14)).toEqual([92]);
    expect(lengths(15, 30)).toEqual([113]);
    expect(lengths(31, 62)).toEqual([156]);
  });

  test('changing any character to any other never opens', () => {
    const token = seal('123-45-6789');
    const byte = fc.integer({ min: 0, max: 255 });
    for (let at = 0; at < token.length; at++)
      fc.assert(
        fc.property(byte, (value) => {
          fc.pre(value !== token[at]);
          const changed = Buffer.from(token);
          changed[at] = value;
          expect(['TOKEN_MALFORMED', 'RECORD_NOT_AUTHENTIC', 'KEY_UNKNOWN']).toContain(
            refusal(changed),
          );
        }),
        { numRuns: 20 },
      );
  });

  test('a cut or lengthened token never opens', () => {
    const token = seal('123-45-6789');
    for (let end = 0; end < token.length; end++)
      expect(['TOKEN_MALFORMED', 'RECORD_NOT_AUTHENTIC']).toContain(
        refusal(token.subarray(0, end)),
      );
    for (const more of ['A', 'AA', 'AAA', 'AAAA', '=', '\n', ':'])
      expect(['TOKEN_MALFORMED', 'RECORD_NOT_AUTHENTIC']).toContain(
        refusal(Buffer.concat([token, Buffer.from(more)])),
      );
  });

  test('a key for field A never opens field B, nor one of another dataset', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (dataset, path) => {
        fc.pre(dataset !== 'people' || path !== '/ssn');
        expect(refusal(seal('x'), fieldCipher(dataset, path))).toBe('RECORD_NOT_AUTHENTIC');
      }),
    );
  });

  test('a token names exactly one key, and no other is tried', () => {
    const token = seal('x');
    const onlyOther = new MemoryKeys({ [OTHER]: Buffer.alloc(32, 1) });
    expect(refusal(token, cipher, onlyOther)).toBe('KEY_UNKNOWN');
    // The bytes of the right key under the wrong name do not open either.
    const renamed = Buffer.from(token.toString().replace(ID, OTHER));
    expect(refusal(renamed, cipher, onlyOther)).toBe('RECORD_NOT_AUTHENTIC');
  });

  test('a token inside a token comes out as it stood, one layer at a time', () => {
    const inner = seal('123-45-6789');
    const outer = cipher.seal(keys, 'string', inner);
    expect(cipher.open(keys, outer).plain.equals(inner)).toBe(true);
  });

  test('text that is not canonical base64url is malformed before any key is asked', () => {
    const text = seal('x'.repeat(15)).toString();
    const none = new MemoryKeys({});
    const bad = [
      `${text}=`,
      `${text.slice(0, -1)}=`,
      text.replace(/.$/, '\n'),
      text.replace(/.$/, '+'),
      text.replace('ss1', 'ss2'),
      text.replace('ss1', 'SS1'),
      'ss1:k3Y_id-12AbZ:',
      'ss1:k3Y_id-12AbZ',
      'ss1::',
      '',
    ];
    for (const one of bad) expect(refusal(Buffer.from(one), cipher, none)).toBe('TOKEN_MALFORMED');
  });

  test('unused bits that are not zero are refused, so that a token has one text only', () => {
    const text = seal('x').toString();
    const bytes = (text.length - 17) % 4;
    expect(bytes).toBe(3);
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const value = last.indexOf(text.slice(-1));
    const twin = `${text.slice(0, -1)}${last[value + 1]}`;
    expect(Buffer.from(twin.slice(17), 'base64url')).toEqual(
      Buffer.from(text.slice(17), 'base64url'),
    );
    expect(refusal(Buffer.from(twin))).toBe('TOKEN_MALFORMED');
  });

  test('an enormous value is refused and not sealed', () => {
    const huge = Buffer.alloc(16 * 1024 * 1024 + 1);
    expect(() => cipher.seal(keys, 'string', huge)).toThrow('RECORD_TOO_LARGE');
  });

  test('no error names a value, a token or key bytes', () => {
    const token = seal('123-45-6789');
    token[30] = (token[30] ?? 0) === 65 ? 66 : 65;
    try {
      cipher.open(keys, token);
      expect.unreachable();
    } catch (error) {
      const said = `${String(error)} ${JSON.stringify(error)}`;
      expect(said).toContain('/ssn');
      expect(said).not.toContain(token.toString().slice(17, 40));
      expect(said).not.toMatch(/123-45|01010101/);
    }
  });

  test('results are the caller’s own: a later call does not change them', () => {
    const first = seal('first value');
    const text = first.toString();
    const opened = cipher.open(keys, first);
    seal('other value');
    cipher.open(keys, seal('third value'));
    expect(first.toString()).toBe(text);
    expect(opened.plain.toString()).toBe('first value');
  });
});
