import { describe, expect, test } from 'vitest';
import { revealedAt, secondsLeft, SHOWN_MS, stillShown } from '../src/page/hidden-values.ts';
import { pastedTokens, TOKENS_MAX } from '../src/page/pasted-tokens.ts';
import { addressOf, openPages, placeOf } from '../src/page/place.ts';

const VALUES = [{ type: 'string', value: '123-45-6789' }];

describe('revealed values', () => {
  const revealed = revealedAt(VALUES, 1000);

  test('are shown for sixty seconds and no longer', () => {
    expect(SHOWN_MS).toBe(60_000);
    expect(stillShown(revealed, 1000)).toBe(revealed);
    expect(stillShown(revealed, 1000 + SHOWN_MS - 1)).toBe(revealed);
    expect(stillShown(revealed, 1000 + SHOWN_MS)).toBeUndefined();
    expect(stillShown(undefined, 0)).toBeUndefined();
  });

  test('are hidden after a sleep, and when the clock was set back', () => {
    expect(stillShown(revealed, 10 ** 9)).toBeUndefined();
    expect(stillShown(revealed, 0)).toBeUndefined();
  });

  test('tell how long they stay', () => {
    expect(secondsLeft(revealed, 1000)).toBe(60);
    expect(secondsLeft(revealed, 1000 + SHOWN_MS - 1)).toBe(1);
    expect(secondsLeft(revealed, 10 ** 9)).toBe(0);
  });
});

describe('pasted tokens', () => {
  const id = 'AAAAAAAAAAAAAAAAAAAAAA==';

  test('stand one a line, with the headers of their record behind them', () => {
    expect(pastedTokens(`  ss1:a:b \r\n\nss1:c:d source=${id} subject=${id}\n`)).toEqual([
      { token: 'ss1:a:b' },
      { token: 'ss1:c:d', source: id, subject: id },
    ]);
  });

  test.each([
    ['', 1],
    ['\n \n', 1],
    ['ss1:a:b\nss1:c:d and more', 2],
    ['ss1:a:b source=short', 1],
    [`ss1:a:b other=${id}`, 1],
  ])('that are none are refused with their line: %j', (text, line) => {
    expect(pastedTokens(text)).toMatchObject({ line });
  });

  test('are no more at once than the service takes', () => {
    const lines = (count: number) => Array.from({ length: count }, () => 'ss1:a:b').join('\n');
    expect(pastedTokens(lines(TOKENS_MAX))).toHaveLength(TOKENS_MAX);
    expect(pastedTokens(lines(TOKENS_MAX + 1))).toMatchObject({ line: TOKENS_MAX + 1 });
  });
});

describe('an address', () => {
  test('names a page and a dataset, and leads back to them', () => {
    expect(addressOf('rejects', 'a&b')).toBe('#/rejects?dataset=a%26b');
    expect(placeOf('#/rejects?dataset=a%26b')).toEqual({
      page: 'rejects',
      isUnknown: false,
      dataset: 'a&b',
    });
  });

  test('without a page is told apart from one of a page that is not there', () => {
    expect(placeOf('')).toMatchObject({ page: undefined, isUnknown: false });
    expect(placeOf('#/secret')).toMatchObject({ page: undefined, isUnknown: true });
  });

  test('is in the menu only where the actions of the reader open it', () => {
    expect(openPages(['alerts.read', 'reveal']).map(({ id }) => id)).toEqual(['alerts', 'reveal']);
    expect(openPages([])).toEqual([]);
  });
});
