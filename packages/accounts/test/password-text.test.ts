import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { preparedPassword, requireGoodPassword } from '../src/password-text.ts';
import { bytesOf } from './accounts-fixture.ts';

const prepared = (text: string) => {
  const bytes = preparedPassword(bytesOf(text));
  return bytes && Buffer.from(bytes).toString();
};

describe('a password as it is hashed (RFC 8265, OpaqueString)', () => {
  // RFC 8265, 4.3, table 4, and its table 5 of what is none.
  test.each([
    ['correct horse battery staple', 'correct horse battery staple'],
    ['Correct Horse Battery Staple', 'Correct Horse Battery Staple'],
    ['πßå', 'πßå'],
    ['Jack of ♦s', 'Jack of ♦s'],
    ['foo\u1680bar', 'foo bar'],
    ['cafe\u0301', 'caf\u00e9'],
    ['', undefined],
    ['my cat is a \u0009by', undefined],
    ['a\u200bb', undefined],
    ['a\u0378b', undefined],
    ['x'.repeat(256), 'x'.repeat(256)],
    ['x'.repeat(257), undefined],
  ])('%j is %j', (text, expected) => {
    expect(prepared(text)).toBe(expected);
  });

  test('is the same for all ways to write it, and prepared once is prepared', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (text) => {
        const once = prepared(text);
        fc.pre(once !== undefined);
        expect(prepared(text.normalize('NFD'))).toBe(once);
        expect(prepared(once ?? '')).toBe(once);
      }),
    );
  });

  test('leaves what it was given alone', () => {
    const given = bytesOf('some ASCII words');
    preparedPassword(given);
    expect(Buffer.from(given).toString()).toBe('some ASCII words');
  });
});

test.each(['tr1ck scanner lamp 9', 'ẞtrenge Größe 48 Öfen', 'k2h4o8s9q1lz'])(
  'a new password such as %j will do',
  async (text) => {
    await expect(requireGoodPassword(bytesOf(text), 'alice')).resolves.toBeUndefined();
  },
);

test('a long new password takes no longer to look at than a shorter one, whatever it is made of', async () => {
  const msOf = async (length: number) => {
    const bytes = bytesOf('p4$$w0rd'.repeat(32).slice(0, length));
    const before = process.cpuUsage();
    await requireGoodPassword(bytes, 'alice').catch(() => undefined);
    const { system, user } = process.cpuUsage(before);
    return (system + user) / 1000;
  };
  await msOf(64);
  const [short, long] = [await msOf(64), await msOf(256)];
  expect(long).toBeLessThan(4 * short);
});

test('a new password is as good as its first 64 characters, and not refused for what follows', async () => {
  const strong = bytesOf(`k2h4o8s9q1lz${'a'.repeat(240)}`);
  await expect(requireGoodPassword(strong, 'alice')).resolves.toBeUndefined();
});
