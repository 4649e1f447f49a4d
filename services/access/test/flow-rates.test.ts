import { expect, test } from 'vitest';

import { FlowRates } from '../src/flow-rates.ts';

test('a rate is over the last ten seconds, and none before there are two samples', () => {
  const rates = new FlowRates();
  expect(rates.perSecond('raw')).toBeNull();
  for (let second = 0; second <= 60; second += 1) {
    const end = second <= 30 ? second * 100 : 3000 + (second - 30) * 7;
    rates.sample('raw', end, second * 1000);
    if (second === 0) expect(rates.perSecond('raw')).toBeNull();
    if (second === 1 || second === 30) expect(rates.perSecond('raw')).toBe(100);
  }
  expect(rates.perSecond('raw')).toBe(7);
  expect(rates.perSecond('other')).toBeNull();
});

test('a topic that was made anew begins again and is never below nothing', () => {
  const rates = new FlowRates();
  rates.sample('raw', 1000, 0);
  rates.sample('raw', 2000, 1000);
  rates.sample('raw', 5, 2000);
  expect(rates.perSecond('raw')).toBeNull();
  rates.sample('raw', 25, 4000);
  expect(rates.perSecond('raw')).toBe(10);
});

test('samples that come seldom still give a rate over what lies between them', () => {
  const rates = new FlowRates();
  rates.sample('raw', 0, 0);
  rates.sample('raw', 400, 40_000);
  expect(rates.perSecond('raw')).toBe(10);
});
