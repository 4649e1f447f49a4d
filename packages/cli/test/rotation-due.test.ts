import type { ListedKey } from '@sealstream/keyring';
import { datasetOf, parsePolicy } from '@sealstream/policy';
import { DUE_AGE_MS, DUE_USES, kindsOf, rotationDueAt, whyDue } from '@sealstream/service';
import { describe, expect, test } from 'vitest';

import { brokenJoins, joinKeysOf } from '../src/broken-joins.ts';

const NOW = Date.parse('2026-06-01T00:00:00.000Z');
const LIMITS = { ageMs: DUE_AGE_MS, uses: DUE_USES };
const [gcm, hash, siv] = [
  { purpose: 'field', algorithm: 'aes-256-gcm', rotates: true },
  { purpose: 'hash', rotates: false },
  { purpose: 'field', algorithm: 'xchacha20-poly1305-siv', rotates: false },
] as const;

const dataset = datasetOf(
  parsePolicy(
    `version: 1
datasets:
  people:
    revision: 1
    topics: { raw: raw.people }
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: drop }
    headers: []
    required: []
    fields:
      /a: { type: string, class: ssn, mask: hash, encrypt: seal, equalityOracle: { accepted: test } }
      /b: { type: string, mask: redact, encrypt: { seal: { form: jwe } } }
      /c: { type: string, mask: redact, encrypt: { seal: { deterministic: true } }, equalityOracle: { accepted: test } }
      /d: { type: string, mask: redact, encrypt: { seal: { form: fernet } } }
      /e: { type: string, mask: keep, encrypt: keep }
      /f: { type: string, mask: fpe, encrypt: keep, equalityOracle: { accepted: test } }`,
    'sealstream.yaml',
  ),
  'people',
);

function keyset(...keys: Partial<ListedKey>[]) {
  return {
    name: 'field/people',
    version: 2,
    keys: keys.map((key): ListedKey => {
      const created = new Date(NOW - 1).toISOString();
      return { id: 'k3Y_id-12AbZ', state: 'active', algorithm: 'aes-256-gcm', created, ...key };
    }),
  };
}
const aged = (ageMs: number) => ({ created: new Date(NOW - ageMs).toISOString() });

describe('a key is due', () => {
  test('when there is none, none that seals, or one that a cut change left pending', () => {
    expect(whyDue(undefined, gcm, LIMITS, NOW)).toBe('missing');
    expect(whyDue(keyset({ algorithm: 'fernet' }), gcm, LIMITS, NOW)).toBe('missing');
    expect(whyDue(keyset({ state: 'decrypt-only' }), gcm, LIMITS, NOW)).toBe('missing');
    expect(whyDue(keyset({}, { state: 'pending' }), gcm, LIMITS, NOW)).toBe('unfinished');
  });

  test('from the age on, and not a millisecond before', () => {
    expect(whyDue(keyset(aged(DUE_AGE_MS - 1)), gcm, LIMITS, NOW)).toBeUndefined();
    expect(whyDue(keyset(aged(DUE_AGE_MS)), gcm, LIMITS, NOW)).toBe('age');
  });

  test('from the number of uses on, however young it is', () => {
    expect(whyDue(keyset({ uses: DUE_USES - 1 }), gcm, LIMITS, NOW)).toBeUndefined();
    expect(whyDue(keyset({ uses: DUE_USES }), gcm, LIMITS, NOW)).toBe('uses');
  });

  test('never, where joins rest on it; it is only made', () => {
    const old = { ...aged(10 * DUE_AGE_MS), algorithm: siv.algorithm };
    expect(whyDue(keyset(old, { ...old, state: 'pending' }), siv, LIMITS, NOW)).toBeUndefined();
    expect(whyDue(keyset({ ...old, algorithm: 'blake2b-128' }), hash, LIMITS, NOW)).toBeUndefined();
    expect(whyDue(undefined, hash, LIMITS, NOW)).toBe('missing');
  });
});

test('fields need a key for each algorithm that the policy seals with, and no other', () => {
  expect(kindsOf('field', dataset).map(({ algorithm, rotates }) => [algorithm, rotates])).toEqual([
    ['xchacha20-poly1305', true],
    ['aes-256-gcm', true],
    ['xchacha20-poly1305-siv', false],
    ['fernet', true],
  ]);
  expect(kindsOf('accepted', dataset)).toEqual([{ purpose: 'accepted', rotates: true }]);
});

test('a new epoch names the joins that break: hashed fields and keys, or deterministic fields', () => {
  expect(brokenJoins('hash', dataset)).toEqual([
    'accepted.people  record key',
    'masked.people  record key',
    'masked.people  field /a',
  ]);
  expect(brokenJoins('deterministic', dataset)).toEqual(['encrypted.people  field /c']);
  expect(brokenJoins(joinKeysOf('fpe'), dataset)).toEqual(['masked.people  field /f']);
  expect([joinKeysOf('hash'), joinKeysOf('field'), joinKeysOf('vault')]).toEqual([
    'hash',
    'deterministic',
    'vault',
  ]);
});

test('the time when a key is due is its age limit after its making, and none where it never rotates', () => {
  const created = '2026-05-01T00:00:00.000Z';
  const key = { id: 'k', state: 'active', algorithm: 'aes-256-gcm', created } as const;
  const keyset = { name: 'field/people', version: 1, keys: [key] };
  expect(rotationDueAt(keyset, gcm, 1000)).toBe(Date.parse(created) + 1000);
  expect(rotationDueAt({ ...keyset, keys: [] }, gcm)).toBeUndefined();
  expect(rotationDueAt(keyset, { ...hash, algorithm: 'aes-256-gcm' })).toBeUndefined();
});
