import type { ListedKey, ListedKeyset } from '@sealstream/keyring';
import { expect, test } from 'vitest';

import { namedUsage } from '../src/named-usage.ts';

const key = (id: string, state: ListedKey['state']): ListedKey => ({
  id,
  state,
  algorithm: 'xchacha20-poly1305',
  created: '2026-05-01T00:00:00Z',
});
const keysets: ListedKeyset[] = [
  { name: 'field/people', version: 2, keys: [key('A', 'decrypt-only'), key('B', 'active')] },
  { name: 'accepted/people', version: 1, keys: [key('C', 'active')] },
];
const found = (keyId: string, topic: string) => ({ keyId, topic, records: 1, first: '', last: '' });
const usage = [found('C', 'one'), found('B', 'two'), found('A', 'two'), found('B', 'three')];
const shown = (...choice: Parameters<typeof namedUsage>[2][]) =>
  namedUsage(usage, keysets, ...choice).map(
    ({ keyId, keyset, state, topic }) => `${keyset} ${keyId} ${state} ${topic}`,
  );

test('what is found is told in the order of the keysets, with keyset and state', () => {
  expect(shown()).toEqual([
    'field/people A decrypt-only two',
    'field/people B active two',
    'field/people B active three',
    'accepted/people C active one',
  ]);
});

test('of keys and purposes that are named, no other is told', () => {
  expect(shown({ keyIds: ['A', 'C'] })).toEqual([
    'field/people A decrypt-only two',
    'accepted/people C active one',
  ]);
  expect(shown({ purpose: 'accepted' })).toEqual(['accepted/people C active one']);
  expect(shown({ purpose: 'field', keyIds: ['C'] })).toEqual([]);
  expect(shown({ keyIds: ['D'] })).toEqual([]);
});
