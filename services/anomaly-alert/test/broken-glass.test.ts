import { describe, expect, test } from 'vitest';

import { BrokenGlass } from '../src/broken-glass.ts';

const HOLD_MS = 1000;
const used = (command: string) => ({
  actor: 'ops@host',
  details: { command, reason: 'access is down' },
});

describe('break-glass', () => {
  test('nothing is told while nobody goes around access', () => {
    expect(new BrokenGlass(HOLD_MS).conditions(0)).toEqual([]);
  });

  test('names command, operator and reason at once, and stays for its hold', () => {
    const rule = new BrokenGlass(HOLD_MS);
    rule.event(used('users list'), 100);
    expect(rule.conditions(1099)).toMatchObject([
      {
        id: 'break-glass/cli',
        signal: 'bad',
        seen: 'users list by ops@host: access is down',
        sinceMs: 100,
      },
    ]);
    expect(rule.conditions(1100)[0]?.signal).toBe('good');
  });

  test('counts every time as one alert, from the first on, and begins anew after its hold', () => {
    const rule = new BrokenGlass(HOLD_MS);
    for (const [at, command] of ['users list', 'keys rotate', 'replay'].entries())
      rule.event(used(command), at * 900);
    expect(rule.conditions(1800)).toMatchObject([
      { seen: '3 times; the last: replay by ops@host: access is down', sinceMs: 0 },
    ]);
    rule.event(used('users show'), 2800);
    expect(rule.conditions(2800)).toMatchObject([
      { seen: 'users show by ops@host: access is down', sinceMs: 2800 },
    ]);
  });

  test('bounds what an event can put into an alert', () => {
    const rule = new BrokenGlass(HOLD_MS);
    rule.event({ actor: 'a'.repeat(5000), details: { command: 'x', reason: 'r'.repeat(5000) } }, 0);
    expect(rule.conditions(0)[0]?.seen.length).toBeLessThan(500);
  });
});
