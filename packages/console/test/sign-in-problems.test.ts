import { describe, expect, test } from 'vitest';
import { signInProblem } from '../src/page/words/sign-in-problems.ts';

const ID = '01JX8ZREQUEST0002';

describe('the address of a sign-in that failed', () => {
  test.each([
    ['problem=OIDC_UNREACHABLE', 'OIDC_UNREACHABLE', /does not answer/],
    ['problem=SIGN_IN_REFUSED', 'SIGN_IN_REFUSED', /did not hold/],
    ['problem=SIGN_IN_REFUSED&why=unlinked', 'SIGN_IN_REFUSED', /no account here/],
    ['problem=SIGN_IN_REFUSED&why=not-begun', 'SIGN_IN_REFUSED', /not begun in this browser/],
    ['problem=TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS', /not finished/],
    ['problem=REDIS_UNREACHABLE', 'SIGN_IN_FAILED', /did not work/],
  ])('%s is told in words', (query, code, words) => {
    const told = signInProblem(`#/sign-in?${query}&request=${ID}`);
    expect(told).toMatchObject({ code, requestId: ID });
    expect(told?.title).toMatch(words);
  });

  test.each([
    'problem=<b>Call 555-0100</b>',
    'problem=constructor&why=__proto__',
    'problem=unlinked&why=toString',
    'problem=SIGN_IN_REFUSED&request=Call%20555-0100',
    '',
  ])('%s shows nothing that somebody else wrote', (query) => {
    const told = signInProblem(`#/sign-in?${query}`);
    expect(JSON.stringify(told)).not.toMatch(/555|constructor|proto|toString/);
    expect(told?.title).not.toBe('');
    expect(told).not.toHaveProperty('requestId');
  });

  test('is no other address', () => {
    for (const hash of ['', '#/', '#/flow?problem=OIDC_REFUSED', '#sign-in?problem=OIDC_REFUSED'])
      expect(signInProblem(hash)).toBeUndefined();
  });
});
