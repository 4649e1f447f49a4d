import { describe, expect, test } from 'vitest';
import { LeakSentinel } from '../src/index.ts';

const sentinel = new LeakSentinel();
const leak = (text: string) => sentinel.firstLeak(Buffer.from(text));

describe('the leak sentinel', () => {
  test.each([
    ['{"card":"4111111111111111"}', 'card'],
    ['{"n":"DE89370400440532013000"}', 'iban'],
    ['a,123-45-6789,b', 'ssn'],
    ['to some.name@mail-host.org', 'email'],
  ])('tells of %s', (text, expected) => {
    expect(leak(text)).toBe(expected);
  });

  test.each([
    ['what partial leaves', '{"ssn":"123-45-XXXX","card":"4111 11XX XXXX 1111"}'],
    ['a token', '{"ssn":"enc:k3Y_id-12AbZ4111111111111111abcDEF0"}'],
    ['a hash', '{"h":"5f4dcc3b5aa765d61d8327deb882cf99"}'],
    ['a UUID', '550e8400-e29b-41d4-a716-446655440000'],
    ['milliseconds since 1970', '{"at":1700000000000,"to":1732800000000}'],
    ['microseconds and nanoseconds', '[1700000000000000, 1700000000000000000]'],
    ['nine digits', '{"id":123456789}'],
    ['a date and a telephone', '2024-02-29 +1 212-555-0123'],
    ['an address for examples', 'person.1@example.com'],
    ['a number that fails its check', '4111111111111112 DE89370400440532013001 000-12-3456'],
  ])('is silent on %s', (_, text) => {
    expect(leak(text)).toBeUndefined();
  });

  test('is silent on all but a few of a million numbers in a row', () => {
    let alarms = 0;
    for (let n = 0; n < 200_000; n++)
      if (leak(`id ${1_000_000_000 + n * 7919}`) !== undefined) alarms++;
    expect(alarms).toBe(0);
  });
});
