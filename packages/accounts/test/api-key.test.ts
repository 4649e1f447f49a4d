import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newApiKey, readApiKeyText } from '../src/api-key.ts';
import { isSecretForm, newId, newSecret } from '../src/random-secret.ts';

test('a new key reads as what it was made of, and no two are alike', () => {
  const made = Array.from({ length: 500 }, newApiKey);
  for (const { id, secret, text } of made) expect(readApiKeyText(text)).toEqual({ id, secret });
  expect(new Set(made.map(({ id }) => id)).size).toBe(500);
  expect(new Set(made.map(({ secret }) => secret)).size).toBe(500);
});

test('a key with any other byte, a byte more or less, or two swapped is none', () => {
  const { text } = newApiKey();
  const character = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 1 });
  fc.assert(
    fc.property(fc.nat(text.length - 1), character, (at, other) => {
      fc.pre(other !== text[at]);
      expect(readApiKeyText(`${text.slice(0, at)}${other}${text.slice(at + 1)}`)).toBeUndefined();
      expect(readApiKeyText(`${text.slice(0, at)}${text.slice(at + 1)}`)).toBeUndefined();
      expect(readApiKeyText(`${text.slice(0, at)}${other}${text.slice(at)}`)).toBeUndefined();
    }),
  );
  for (let at = 4; at + 1 < text.length; at += 1) {
    const [one, two] = [text[at], text[at + 1]];
    if (one === two) continue;
    expect(readApiKeyText(text.slice(0, at) + two + one + text.slice(at + 2))).toBeUndefined();
  }
});

test('a secret has 256 bits and one way to write them; an id uses every character alike', () => {
  const secret = newSecret();
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  expect(isSecretForm(secret)).toBe(true);
  // Of the last character only four bits count: the others must be as they are made.
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const forms = Array.from(last).filter((one) => isSecretForm(secret.slice(0, -1) + one));
  expect(forms).toHaveLength(16);
  const counts = new Map<string, number>();
  for (let n = 0; n < 5000; n += 1)
    for (const one of newId()) counts.set(one, (counts.get(one) ?? 0) + 1);
  expect(counts.size).toBe(62);
  // 60,000 characters: 968 of each, give or take six standard deviations (31).
  for (const count of counts.values()) expect(Math.abs(count - 968)).toBeLessThan(190);
});
