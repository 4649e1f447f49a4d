import type { ListedKeyset } from '@sealstream/keyring';
import { describe, expect, test } from 'vitest';

import { type SafetyOrder, standingOf } from '../src/key-safety.ts';

const HOUR = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const algorithm = 'xchacha20-poly1305' as const;
const order: SafetyOrder = {
  dataset: 'people',
  purpose: 'field',
  keyId: 'OLD',
  topics: [],
  settledMs: HOUR,
};

function keyset(changedMs: number, followsMs: number, more: Partial<ListedKeyset> = {}) {
  const old = { id: 'OLD', state: 'decrypt-only', algorithm, created: ago(90 * HOUR) } as const;
  const next = { id: 'NEW', state: 'active', algorithm, created: ago(followsMs) } as const;
  const changed = ago(changedMs);
  return { name: 'field/people', version: 2, changed, keys: [old, next], ...more };
}

describe('how a key stands', () => {
  test('is settled only when both the keyset and the key that follows are old enough', () => {
    const settledAfter = (changedMs: number, followsMs: number) =>
      standingOf([keyset(changedMs, followsMs)], order).settled;
    expect(settledAfter(2 * HOUR, 2 * HOUR)).toBe(true);
    expect(settledAfter(HOUR / 2, 2 * HOUR)).toBe(false);
    expect(settledAfter(2 * HOUR, HOUR / 2)).toBe(false);
  });

  test('is not settled where nothing says when it was rotated away', () => {
    const { changed: _, ...silent } = keyset(2 * HOUR, 2 * HOUR);
    const [old] = silent.keys;
    expect(standingOf([{ ...silent, keys: [old] }], order)).toMatchObject({
      state: 'decrypt-only',
      follows: '',
      settled: false,
    });
  });

  test('is not known where the keyset is not believed, and that is what is told', () => {
    const lost = keyset(HOUR, HOUR, { keys: [], problem: 'KEYSET_ROLLED_BACK' });
    expect(() => standingOf([lost], order)).toThrow(/KEYSET_ROLLED_BACK/);
    expect(() => standingOf([], order)).toThrow(/KEY_UNKNOWN/);
  });
});
