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
    ['"ssn":"123456789"', 'ssn'],
    ['person.1@example.com', 'email'],
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
    ['a number that fails its check', '4111111111111112 DE89370400440532013001 000-12-3456'],
  ])('is silent on %s', (_, text) => {
    expect(leak(text)).toBeUndefined();
  });

  test('is silent on numbers in a row of ten digits', () => {
    let alarms = 0;
    for (let n = 0; n < 100_000; n++)
      if (leak(`id ${1_000_000_000 + n * 7919}`) !== undefined) alarms++;
    expect(alarms).toBe(0);
  });

  test('takes no more than one in thirty of random numbers of 16 digits for a card', () => {
    let alarms = 0;
    let state = 1n;
    for (let n = 0; n < 100_000; n++) {
      state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
      const id = String((state >> 8n) % 10n ** 16n).padStart(16, '0');
      if (leak(`id ${id}`) !== undefined) alarms++;
    }
    expect(alarms).toBeGreaterThan(1000);
    expect(alarms).toBeLessThan(100_000 / 30);
  });
});
