import { ProducerCipher } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';

import { batchOf, newKeys, outputOf, people, resultOf } from './flow-batch.ts';
import { AcceptedCodec } from '../src/accepted.ts';
import { RejectedCodec } from '../src/rejected.ts';
import {
  type ReplayChoice,
  type ReplayCounts,
  rejectedToAccepted,
  type StillBad,
} from '../src/rejected-to-accepted.ts';
import { encodeSourceMark } from '../src/source-mark.ts';

/** The index of whoever was shredded. */
let shredded: Buffer | null = null;
const shreds = {
  count: 1,
  has: (bytes: Buffer, at: number) => shredded?.equals(bytes.subarray(at, at + 16)) === true,
};
const keys = Object.assign(newKeys(), { shreds });
const dataset = people();
const { accepted: ACCEPTED, rejected: REJECTED } = dataset.topics;
const codec = new RejectedCodec('people');
const GOOD = '{"first_name":"A","last_name":"B","ssn":"123-45-6789","email":"a@b.example"}';
const BAD = '{"first_name":"A"}';
const ALL: ReplayChoice = { codes: [], again: false };

interface Given {
  readonly value?: string | Buffer | null;
  readonly stage?: 'ingest' | 'mask' | 'encrypt';
  readonly code?: string;
  readonly attempt?: number;
  readonly policyId?: Buffer;
}

function reject({ attempt = 0, code = 'RECORD_UNKNOWN_FIELD', ...given }: Given = {}) {
  const mark = encodeSourceMark({
    policyId: given.policyId ?? dataset.policyId,
    incarnation: Buffer.from('0badcafe', 'hex'),
    partition: 3,
    offset: 41n,
    attempt,
    branch: 'both',
  });
  const { value = GOOD } = given;
  const envelope = {
    key: Buffer.from('k'),
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers: [['traceparent', Buffer.from('x')]] as const,
    timestamp: 5n,
    subject: null,
  };
  const reason = { stage: given.stage ?? ('ingest' as const), code, topic: 'raw.people' };
  return codec.seal(keys, mark, Buffer.from('hashed'), envelope, reason);
}

function replayed(
  records: readonly ReturnType<typeof reject>[],
  choice = ALL,
  oversized: number[] = [],
  by = dataset,
) {
  let counts: ReplayCounts | undefined;
  let stillBad: readonly StillBad[] = [];
  const transform = rejectedToAccepted(by, keys, choice, (_, made, bad) => {
    counts = made;
    stillBad = bad;
  });
  const result = resultOf(transform, batchOf(records, oversized));
  const accepted = outputOf(result, ACCEPTED).map((record) =>
    new AcceptedCodec('people').open(keys, record),
  );
  const rejected = outputOf(result, REJECTED);
  return { accepted, counts, event: result.event, rejected, stillBad };
}

describe('replay', () => {
  test('accepts a good reject whole, under its first coordinate, with one attempt more', () => {
    const { accepted, counts, rejected } = replayed([reject({ attempt: 0 })]);
    expect(rejected).toEqual([]);
    expect(counts).toEqual({ accepted: 1, rejected: 0, kept: 0 });
    expect(accepted[0]?.mark).toMatchObject({ partition: 3, offset: 41n, attempt: 1 });
    expect(accepted[0]?.mark.incarnation.toString('hex')).toBe('0badcafe');
    expect(accepted[0]?.envelope).toMatchObject({ timestamp: 5n, key: Buffer.from('k') });
    expect(accepted[0]?.envelope.value?.toString()).toBe(GOOD);
  });

  test.each([
    ['ingest', 'both'],
    ['mask', 'mask'],
    ['encrypt', 'encrypt'],
  ] as const)('sends what %s rejected to %s and to no branch that has it', (stage, branch) => {
    const policyId = Buffer.alloc(8, 0);
    const again = replayed([reject({ stage }), reject({ stage, attempt: 3, policyId })]);
    expect(again.accepted.map(({ mark }) => mark.branch)).toEqual([branch, branch]);
  });

  test('seals beside a record whom it is about, and brings no shredded subject back', () => {
    const { accepted } = replayed([reject({})]);
    const subject = accepted[0]?.envelope.subject;
    expect(subject).toHaveLength(16);
    shredded = subject ?? null;
    const after = replayed([reject({})]);
    shredded = null;
    expect(after.counts).toEqual({ accepted: 0, rejected: 1, kept: 0 });
    expect(codec.note(after.rejected[0])).toMatchObject({ code: 'SUBJECT_SHREDDED', attempt: 1 });
  });

  test('rejects what is still bad again, with one attempt more and the same stage', () => {
    const { accepted, counts, event, rejected } = replayed([reject({ value: BAD, stage: 'mask' })]);
    expect(accepted).toEqual([]);
    expect(counts).toEqual({ accepted: 0, rejected: 1, kept: 0 });
    expect(codec.note(rejected[0])).toMatchObject({
      stage: 'mask',
      code: 'RECORD_MISSING_FIELD',
      attempt: 1,
      source: { topic: 'raw.people', offset: '41' },
    });
    expect(event.rejected).toEqual({ RECORD_MISSING_FIELD: 1 });
  });

  test('puts back byte for byte what was tried under this policy already, unless asked again', () => {
    const tried = reject({ value: BAD, attempt: 1 });
    const { counts, rejected } = replayed([tried]);
    expect(counts).toEqual({ accepted: 0, rejected: 0, kept: 1 });
    expect(rejected[0]).toMatchObject(tried);
    expect(replayed([tried], { codes: [], again: true }).counts?.rejected).toBe(1);
  });

  test('puts back what --code leaves out, and what a newer policy rejected', () => {
    const newer = Buffer.from(dataset.policyId);
    newer.writeUInt32BE(dataset.revision + 1, 0);
    const records = [
      reject({ code: 'RECORD_TOO_LARGE' }),
      reject({ code: 'RECORD_WRONG_TYPE' }),
      reject({ code: 'RECORD_WRONG_TYPE', policyId: newer }),
    ];
    const { accepted, counts } = replayed(records, { codes: ['RECORD_WRONG_TYPE'], again: false });
    expect(counts).toEqual({ accepted: 1, rejected: 0, kept: 2 });
    expect(accepted).toHaveLength(1);
  });

  test('puts back a reject that was changed or moved, and loses none', () => {
    const real = reject();
    const changed = { ...real, key: Buffer.from('other') };
    const bare = { key: null, value: Buffer.from('x'), headers: [] };
    const { accepted, counts } = replayed([changed, bare, real]);
    expect(counts).toEqual({ accepted: 1, rejected: 0, kept: 2 });
    expect(accepted).toHaveLength(1);
  });

  test('accepts a tombstone, and rejects what accepted has no room for', () => {
    expect(replayed([reject({ value: null })]).accepted[0]?.envelope.value).toBeNull();
    const { rejected } = replayed([reject()], ALL, [100]);
    expect(codec.note(rejected[0])).toMatchObject({ code: 'RECORD_TOO_LARGE', attempt: 1 });
  });

  test('opens what a producer sealed, and rejects again as it stands what still does not open', () => {
    const sealed = new ProducerCipher('people').seal(keys, Buffer.from('k'), Buffer.from(GOOD));
    const damaged = Buffer.from(sealed);
    damaged[damaged.length - 1] ^= 1;
    const code = 'RECORD_NOT_AUTHENTIC';
    const records = [reject({ value: sealed, code }), reject({ value: damaged, code })];
    const { accepted, counts, rejected } = replayed(records);
    expect(counts).toEqual({ accepted: 1, rejected: 1, kept: 0 });
    expect(accepted[0]?.envelope.value?.toString()).toBe(GOOD);
    expect(codec.open(keys, rejected[0]).envelope.value).toEqual(damaged);
    expect(codec.note(rejected[0])).toMatchObject({ code, attempt: 1 });
  });

  test('accepts a record that was not sealed only when the policy asks for that no more', () => {
    const required = people((text) =>
      text.replace('format: json', 'format: json\n    producerSeal: required'),
    );
    const plain = [reject({ code: 'RECORD_NOT_SEALED', policyId: Buffer.alloc(8) })];
    expect(replayed(plain, ALL, [], required).event.rejected).toEqual({ RECORD_NOT_SEALED: 1 });
    expect(replayed(plain).counts?.accepted).toBe(1);
    // What ingest had opened, and rejected for something else, came sealed.
    const opened = [reject({ code: 'RECORD_UNKNOWN_FIELD', policyId: Buffer.alloc(8) })];
    expect(replayed(opened, ALL, [], required).counts?.accepted).toBe(1);
  });

  test('tries only what is named, by its place or by the stage that rejected it, and tells what stays bad', () => {
    const records = [reject({ value: BAD }), reject({ value: BAD, stage: 'mask' }), reject()];
    const first = replayed([reject()]).event.range.from;
    const at = (n: number) => `3:${Number(first) + n}`;
    const named = replayed(records, { ...ALL, ids: new Set([at(0), at(2), '9:1']) });
    expect(named.counts).toEqual({ accepted: 1, rejected: 1, kept: 1 });
    expect(named.stillBad).toEqual([{ id: at(0), code: 'RECORD_MISSING_FIELD' }]);
    const ofMask = replayed(records, { ...ALL, stage: 'mask' });
    expect(ofMask.counts).toEqual({ accepted: 0, rejected: 1, kept: 2 });
    expect(ofMask.stillBad).toEqual([{ id: at(1), code: 'RECORD_MISSING_FIELD' }]);
  });

  test('tells its batch with the keys used', () => {
    const { event } = replayed([reject()]);
    expect(event).toMatchObject({ emitter: 'replay/people/3', stage: 'replay' });
    expect(event.keyIds).toEqual(['AAAAAAAAAAAA']);
  });
});
