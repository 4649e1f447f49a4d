import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { looksLikeToken } from '../src/looks-sealed.ts';

const looks = (text: string): boolean => looksLikeToken(Buffer.from(text));

describe('what looks like a token', () => {
  const header = Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"k3Y_id-12AbZ"}');

  test.each([
    'ss1:k3Y_id-12AbZ:',
    'ss1:AAAAAAAAAAAA:rest is not looked at',
    'ss9:AAAAAAAAAAAA:x',
    'ssf:AAAAAAAAAAAA:gAAAAA',
    `${header.toString('base64url')}..rest`,
  ])('%j does', (text) => {
    expect(looks(text)).toBe(true);
  });

  test.each([
    `${header.toString('base64url')}.key.iv`,
    `${Buffer.from('{"alg":"RSA-OAEP","enc":"A256GCM"}').toString('base64url')}..`,
    'eyJhbGciOiJIUzI1NiJ9.e30.c2ln',
    'ssg:AAAAAAAAAAAA:gAAAAA',
  ])('%j, which is somebody else’s, does not', (text) => {
    expect(looks(text)).toBe(false);
  });

  test.each([
    '',
    'ss1',
    'ss1:',
    'ss1:short:',
    'ss1:AAAAAAAAAAAA',
    'ss0:AAAAAAAAAAAA:',
    'ss1:AAAAAAAAAAA=:',
    'ss1:AAAAAAAAAAAAA:',
    'SS1:AAAAAAAAAAAA:',
    ' ss1:AAAAAAAAAAAA:',
  ])('%j does not', (text) => {
    expect(looks(text)).toBe(false);
  });

  test('only the given range is looked at', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const token = 'ss1:AAAAAAAAAAAA:';
        const bytes = Buffer.from(before + token + after);
        const start = Buffer.byteLength(before);
        expect(looksLikeToken(bytes, start, start + token.length)).toBe(true);
        expect(looksLikeToken(bytes, start, start + token.length - 1)).toBe(false);
        expect(looksLikeToken(bytes, start + 1)).toBe(false);
      }),
    );
  });
});
