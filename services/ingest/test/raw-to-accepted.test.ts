import { AcceptedCodec, RejectedCodec, type FetchedBatch } from '@sealstream/flow';
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  everyByte,
  newKeys,
  outputOf,
  people,
  resultOf,
} from '../../../packages/flow/test/flow-batch.ts';
import { rawToAccepted } from '../src/raw-to-accepted.ts';

const keys = newKeys();
const dataset = people();
const transform = (batch: FetchedBatch) => resultOf(rawToAccepted(dataset, keys), batch);
const good = {
  first_name: 'Alice',
  last_name: 'Smith',
  ssn: '123-45-6789',
  email: 'alice.smith@email.com',
};
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const { accepted, rejected } = dataset.topics;

describe('raw to accepted', () => {
  it('seals a good record whole: value, key, headers and time come back, and none is in clear', () => {
    const record = {
      key: Buffer.from('customer-4711'),
      value: json(good),
      headers: [
        ['trace', Buffer.from('header-value')],
        ['sealstream', Buffer.from('forged')],
      ] as const,
    };
    const result = transform(batchOf([record]));
    const [sealed] = outputOf(result, accepted);
    const { envelope, mark } = new AcceptedCodec('people').open(keys, sealed);
    expect(envelope).toEqual({
      key: record.key,
      value: record.value,
      headers: [['trace', Buffer.from('header-value')]],
      timestamp: 1_700_000_000_000n,
      subject: expect.any(Buffer) as Buffer,
    });
    expect(mark).toMatchObject({ partition: 3, offset: 100n, attempt: 0, branch: 'both' });
    expect(mark.policyId).toEqual(dataset.policyId);
    const bytes = everyByte(result);
    for (const canary of ['Alice', '123-45-6789', 'customer-4711', 'header-value']) {
      expect(bytes.includes(canary)).toBe(false);
    }
    expect(result.event).toMatchObject({ recordsIn: 1, droppedHeaders: 1, rejected: {} });
    expect(result.event.range).toEqual({ from: '100', to: '101' });
  });

  const bad: readonly (readonly [string, string, Buffer])[] = [
    ['bad JSON', 'RECORD_INVALID_JSON', Buffer.from('{"ssn": "123-45-6789"')],
    ['invalid UTF-8', 'RECORD_INVALID_UTF8', Buffer.from('{"ssn":"\xff123-45-6789"}', 'latin1')],
    ['an unknown field', 'RECORD_UNKNOWN_FIELD', json({ ...good, extra: '123-45-6789' })],
    ['a missing field', 'RECORD_MISSING_FIELD', json({ first_name: 'Alice' })],
    ['a wrong type', 'RECORD_WRONG_TYPE', json({ ...good, ssn: 123456789 })],
    ['too many bytes', 'RECORD_TOO_LARGE', json({ ...good, note: 'n'.repeat(3 * 1024 * 1024) })],
    [
      'a value that looks like a token',
      'RECORD_LOOKS_SEALED',
      json({
        ...good,
        ssn: `ss1:AAAAAAAAAAAA:${'A'.repeat(80)}`,
      }),
    ],
  ];
  it.each(bad)('rejects %s, sealed, with its code and place', (_, code, value) => {
    const result = transform(batchOf([{ value }]));
    expect(outputOf(result, accepted)).toEqual([]);
    const [sealed] = outputOf(result, rejected);
    const { note, envelope } = new RejectedCodec('people').open(keys, sealed);
    expect(note).toMatchObject({ stage: 'ingest', code, attempt: 0 });
    expect(note.source).toEqual({
      topic: 'raw.people',
      incarnation: 'a1b2c3d4',
      partition: 3,
      offset: '100',
    });
    expect(envelope.value).toEqual(value);
    expect(everyByte(result).includes('123-45-6789')).toBe(false);
    expect(result.event.rejected).toEqual({ [code]: 1 });
  });

  it('seals beside each record the index of its subject: one for one person, and no value', () => {
    const bob = json({ ...good, ssn: '987-65-4321' });
    const values = [json(good), json({ ...good, email: 'other@email.com' }), bob];
    const codec = new AcceptedCodec('people');
    const sealed = outputOf(transform(batchOf(values.map((value) => ({ value })))), accepted);
    const [first, again, other] = sealed.map((one) => codec.open(keys, one).envelope.subject);
    expect(first).toHaveLength(16);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('rejects what is about a subject that was shredded, and nothing else', () => {
    const shredded = { subject: null as Buffer | null };
    const has = (bytes: Buffer, at: number) =>
      shredded.subject?.equals(bytes.subarray(at)) === true;
    const shredding = Object.assign(newKeys(), { shreds: { has } });
    const treat = rawToAccepted(dataset, shredding);
    const [one] = outputOf(resultOf(treat, batchOf([{ value: json(good) }])), accepted);
    shredded.subject = new AcceptedCodec('people').open(shredding, one).envelope.subject;
    const bob = json({ ...good, ssn: '987-65-4321' });
    const batch = batchOf([{ value: json(good) }, { value: bob }]);
    const result = resultOf(treat, batch);
    expect(outputOf(result, accepted)).toHaveLength(1);
    expect(result.event.rejected).toEqual({ SUBJECT_SHREDDED: 1 });
  });

  it('accepts a tombstone, with its key as a hash', () => {
    const result = transform(batchOf([{ key: Buffer.from('gone'), value: null }]));
    const [sealed] = outputOf(result, accepted);
    expect(new AcceptedCodec('people').open(keys, sealed).envelope.value).toBeNull();
    expect(sealed.key?.toString()).toMatch(/^[\w-]{22}$/);
    expect(result.event.tombstones).toBe(1);
  });

  it('gives the same key the same hash, and no key none', () => {
    const one = { key: Buffer.from('same'), value: json(good) };
    const [a, b, c] = outputOf(transform(batchOf([one, one, { value: json(good) }])), accepted);
    expect(a.key).toEqual(b.key);
    expect(c.key).toBeNull();
  });

  it('accounts for every record: accepted and rejected together are what came', () => {
    const all = [{ value: json(good) }, ...bad.map(([, , value]) => ({ value })), { value: null }];
    const { event } = transform(batchOf(all));
    expect(event.outputs[accepted].records + event.outputs[rejected].records).toBe(all.length);
  });
});
