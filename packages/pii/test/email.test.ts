import { describe, expect, test } from 'vitest';
import { valuesOf } from './found.ts';

const email = (text: string) => valuesOf('email', text);

describe('an e-mail address', () => {
  test.each([
    'a@b.co',
    'first.last+tag@sub.mail-host.co.uk',
    "o'neil@host.org",
    'x_y@host.museum',
    '1234567890@host.org',
    'a@163.com',
    'jörg@müller.de',
    'user@xn--mller-kva.de',
    'user@host.xn--p1ai',
  ])('is found among other words: %s', (address) => {
    for (const [before, after] of [
      ['', ''],
      ['<', '>'],
      ['mail ', '.'],
      ['to:', ', and'],
      ['“', '”'],
    ])
      expect(email(`${before}${address}${after}`)).toEqual([address]);
  });

  test.each([
    'a@b',
    '@b.co',
    'a@.co',
    'a..b@',
    'a@b..co',
    'a@@b.co',
    'a @b.co',
    'a@b.c',
    'a@b.c0m1',
    'package@2.2.4.tgz',
    `${'a'.repeat(65)}@b.co`,
    `a@${'b'.repeat(64)}.co`,
  ])('is none: %s', (text) => {
    expect(email(text)).toEqual([]);
  });

  test('ends before a dot that ends the sentence, and before a label that is no domain', () => {
    expect(email('Write to a@b.co. Then wait.')).toEqual(['a@b.co']);
    expect(email('a@b.co-')).toEqual(['a@b.co']);
  });
});
