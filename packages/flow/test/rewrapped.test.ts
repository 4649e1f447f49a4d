import { randomBytes } from 'node:crypto';
import { type ErrorCode, SealstreamError, SOURCE_HEADER } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { MemoryKeys } from '../../crypto/test/memory-keys.ts';
import { AcceptedCodec } from '../src/accepted.ts';
import { BatchMark } from '../src/batch-mark.ts';
import { type Rewrap, type RewrapCounts, rewrapped } from '../src/rewrapped.ts';
import { batchOf, type FetchedRecord, newKeys, outputOf, people, resultOf } from './flow-batch.ts';

const dataset = people();
const shredded = randomBytes(16);

/** The same keys in new hands: who was shredded, and what becomes of a subject's key. */
function sourceOf(keys: MemoryKeys, refusal?: SealstreamError): KeySource {
  const refuse = (): never => {
    throw refusal ?? new Error('nobody asks');
  };
  return {
    active: (use) => keys.active(use),
    byId: (use, id) => keys.byId(use, id),
    publicKey: (purpose, name) => keys.publicKey(purpose, name),
    privateKey: (purpose, name, id) => keys.privateKey(purpose, name, id),
    shreds: { count: 1, has: (bytes, index) => shredded.compare(bytes, index, index + 16) === 0 },
    subjects: refusal === undefined ? keys.subjects : { ...keys.subjects, byId: refuse },
  };
}

/** What a copy of these records becomes, and what is counted. */
function copied(role: Rewrap['role'], records: Partial<FetchedRecord>[], keys: KeySource) {
  let counts: RewrapCounts | undefined;
  const onCounted = (_: unknown, counted: RewrapCounts) => {
    counts = counted;
  };
  const transform = rewrapped({ dataset, role, target: 'copy', onCounted }, keys);
  const result = resultOf(transform, batchOf(records));
  return { counts, values: outputOf(result, 'copy').map(({ value }) => value) };
}

const mark = new BatchMark(dataset.policyId, batchOf([])).at(7).mark;
const encoded = Buffer.from(mark.bytes.subarray(mark.from, mark.to));

describe('a record of accepted', () => {
  const codec = new AcceptedCodec('people');
  const sealedFor = (keys: MemoryKeys, subject: Buffer) =>
    codec.seal(keys, encoded, null, {
      key: null,
      value: Buffer.from('{"ssn":"123-45-6789"}'),
      headers: [],
      timestamp: 0n,
      subject,
    });

  test('of a shredded subject stands in the copy as it stood, all others are sealed anew', () => {
    const keys = newKeys();
    const gone = sealedFor(keys, shredded);
    const other = sealedFor(keys, randomBytes(16));
    const { counts, values } = copied('accepted', [gone, other], sourceOf(keys));
    expect(counts).toEqual({ rewrapped: 1, asTheyStand: 1 });
    expect(values[0]).toEqual(gone.value);
    expect(values[1]).not.toEqual(other.value);
  });
});

describe('a record of encrypted', () => {
  const token = `ss1:AAAAAAAAAAAA:${randomBytes(56).toString('base64url')}`;
  const value = Buffer.from(`{"first_name":"${token}","last_name":"${token}"}`);
  const record = { value, headers: [[SOURCE_HEADER, encoded]] } satisfies Partial<FetchedRecord>;
  const refusing = (code: ErrorCode, keyset: string) =>
    sourceOf(newKeys(), new SealstreamError(code, { keyset }));

  test.each(['KEY_UNKNOWN', 'KEYSET_UNREADABLE'] as const)(
    'that names a key of a subject which is %s holds nothing up',
    (code) => {
      const { counts, values } = copied('encrypted', [record], refusing(code, 'subject/people'));
      expect(counts).toEqual({ rewrapped: 0, asTheyStand: 1 });
      expect(values).toEqual([value]);
    },
  );

  test('waits for a key of the dataset that may be on its way', () => {
    expect(() => copied('encrypted', [record], refusing('KEY_UNKNOWN', 'field/people'))).toThrow(
      'KEY_UNKNOWN',
    );
  });
});
