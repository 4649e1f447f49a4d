import { describe, expect, test } from 'vitest';
import { checkPending, PENDING_MS, type PendingSignIn } from '../src/pending-sign-in.ts';

const NOW = 1_800_000_000_000;
const WORD = 'w'.repeat(43);
const PENDING: PendingSignIn = {
  provider: 'one',
  state: WORD,
  nonce: WORD,
  codeVerifier: WORD,
  expiresAtMs: NOW + PENDING_MS,
};
const check = (more: object) => () => checkPending({ ...PENDING, ...more }, NOW);

describe('what was kept for a browser', () => {
  test('serves until its ten minutes are over', () => {
    expect(check({})).not.toThrow();
    expect(() => checkPending(PENDING, NOW + PENDING_MS - 1)).not.toThrow();
    expect(() => checkPending(PENDING, NOW + PENDING_MS)).toThrow('SIGN_IN_REFUSED');
  });

  test.each<[string, object]>([
    ['no state', { state: undefined }],
    ['a short state', { state: 's' }],
    ['a nonce of another type', { nonce: 1 }],
    ['an empty verifier', { codeVerifier: '' }],
    ['a time that we never give', { expiresAtMs: NOW + PENDING_MS + 1 }],
    ['no time', { expiresAtMs: Number.NaN }],
    ['a time that is a text', { expiresAtMs: `${NOW + 1}` }],
  ])('is refused with %s', (_what, more) => {
    expect(check(more)).toThrow('SIGN_IN_REFUSED');
  });
});
