import { describe, expect, test } from 'vitest';
import { valuesOf } from './found.ts';

const url = (text: string) => valuesOf('url', text);

describe('a web address', () => {
  test.each([
    'https://ClickPhobia.com.br/',
    'http://host:8080/a/b?c=d&e=[1]#f',
    'ftp://files.host.org/x.tar.gz',
    'https://en.wikipedia.org/wiki/A_(b)',
    'postgresql://user:word@10.0.0.1/db',
    'www.host.org/path',
    'example.com',
    'shop.host.io/cart',
    'https://müller.de/straße',
  ])('is found: %s', (address) => {
    expect(url(`see ${address}, or`)).toEqual([address]);
    expect(url(`(${address})`)).toEqual([address]);
    expect(url(`“${address}”.`)).toEqual([address]);
  });

  test.each([
    'a://',
    '://host.org',
    'file.ts',
    'end.The',
    'mailed.It',
    'a@host.org',
    'x.org.',
    '10:30//',
    'logger.info()',
  ])('is none: %s', (text) => {
    expect(url(text)).toEqual(text === 'x.org.' ? ['x.org'] : []);
  });

  test('holds what is inside it: the address and date in a URL are not found beside it', () => {
    expect(url('https://h.org/2024-01-02/a?x=10.0.0.1')).toHaveLength(1);
  });
});
