import { ProducerCipher } from '@sealstream/crypto';
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

  it('rejects headers that mask or encrypt would refuse, with their path and never their value', () => {
    const rules = people((text) =>
      text.replace(/headers: .*/, 'headers: { x-user: { class: uuid, mask: hash } }'),
    );
    const token = `ss1:AAAAAAAAAAAA:${'A'.repeat(80)}`;
    const headers = (value: Buffer) => ({
      value: json(good),
      headers: [['x-user', value] as const],
    });
    const batch = batchOf([
      headers(Buffer.from([0xff])),
      headers(Buffer.from(token)),
      headers(Buffer.from('canary-of-the-header')),
    ]);
    const result = resultOf(rawToAccepted(rules, keys), batch);
    expect(result.event.rejected).toEqual({ RECORD_VALUE_UNFIT: 1, RECORD_LOOKS_SEALED: 1 });
    for (const sealed of outputOf(result, rejected))
      expect(new RejectedCodec('people').open(keys, sealed).note.path).toBe('#header/x-user');
    expect(outputOf(result, accepted)).toHaveLength(1);
    expect(everyByte(result).includes('canary-of-the-header')).toBe(false);
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
    const shredding = Object.assign(newKeys(), { shreds: { count: 1, has } });
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

describe('a field that the policy does not name', () => {
  const dropping = (more = '') =>
    people((text) => text.replace('unknownFields: reject', `unknownFields: drop${more}`));
  const batch = batchOf([
    { value: json({ ...good, extra: '4111 1111 1111 1111' }) },
    { value: json({ ...good, extra: 'nothing' }) },
    { value: null },
  ]);

  it('and looks personal is counted by class, and the record goes on', () => {
    const result = resultOf(rawToAccepted(dropping(), keys), batch);
    expect(result.event).toMatchObject({ undeclared: { card: 1 }, rejected: {} });
    expect(outputOf(result, accepted)).toHaveLength(3);
    expect(everyByte(result).includes('4111')).toBe(false);
  });

  it('and looks personal is rejected where the policy says so', () => {
    const rule = dropping('\n    undeclaredPersonalData: reject');
    const { event } = resultOf(rawToAccepted(rule, keys), batch);
    expect(event.rejected).toEqual({ RECORD_LOOKS_PERSONAL: 1 });
    expect(event).not.toHaveProperty('undeclared');
  });
});

describe('records that their producers sealed', () => {
  const cipher = new ProducerCipher('people');
  const key = Buffer.from('customer-4711');
  const sealed = (value: unknown, forKey: Buffer | null = key) =>
    cipher.seal(keys, forKey, json(value));
  const under = (rule: string) =>
    people((text) => text.replace('format: json', `format: json\n    producerSeal: ${rule}`));
  const codec = { accepted: new AcceptedCodec('people'), rejected: new RejectedCodec('people') };

  it.each(['allowed', 'required'])(
    'are accepted as if they had come plain, when that is %s',
    (rule) => {
      const treat = rawToAccepted(under(rule), keys);
      const result = resultOf(treat, batchOf([{ key, value: sealed(good) }]));
      const [record] = outputOf(result, accepted);
      const { envelope } = codec.accepted.open(keys, record);
      expect(envelope).toMatchObject({
        key,
        value: json(good),
        subject: expect.any(Buffer) as Buffer,
      });
      expect(result.event.rejected).toEqual({});
    },
  );

  it('and those that are plain pass side by side, each checked by the policy', () => {
    const records = [
      { key, value: sealed(good) },
      { key, value: json(good) },
      { key, value: sealed({ ...good, extra: 1 }) },
      { key: null, value: null },
      { key, value: sealed(good) },
    ];
    const result = transform(batchOf(records));
    expect(outputOf(result, accepted)).toHaveLength(4);
    expect(result.event).toMatchObject({ rejected: { RECORD_UNKNOWN_FIELD: 1 }, tombstones: 1 });
    const [record] = outputOf(result, rejected);
    expect(codec.rejected.open(keys, record).envelope.value).toEqual(json({ ...good, extra: 1 }));
  });

  it('are rejected as they stand when they were changed, moved to another key, or sealed for others', () => {
    const changed = sealed(good);
    changed[changed.length - 1] ^= 1;
    const foreign = new ProducerCipher('others').seal(keys, key, json(good));
    const cases = [changed, foreign, sealed(good, Buffer.from('other')), Buffer.from('\u0003ssp2')];
    for (const value of cases) {
      const result = transform(batchOf([{ key, value }]));
      const [record] = outputOf(result, rejected);
      const { envelope, note } = codec.rejected.open(keys, record);
      expect([note.code, envelope.value]).toEqual(['RECORD_NOT_AUTHENTIC', value]);
      expect(outputOf(result, accepted)).toEqual([]);
    }
  });

  it('are too large by what is inside', () => {
    const limited = people((text) =>
      text.replace('format: json', 'format: json\n    maxRecordBytes: 200'),
    );
    const treat = rawToAccepted(limited, keys);
    const of = (bytes: number) => sealed({ ...good, note: 'n'.repeat(bytes) });
    const fits = 200 - json({ ...good, note: '' }).length;
    const batch = batchOf([
      { key, value: of(fits) },
      { key, value: of(fits + 1) },
    ]);
    const { event } = resultOf(treat, batch);
    expect(event.rejected).toEqual({ RECORD_TOO_LARGE: 1 });
    expect(event.outputs[accepted]?.records).toBe(1);
  });

  it('are the only ones when the policy requires them; a tombstone has nothing to seal', () => {
    const treat = rawToAccepted(under('required'), keys);
    const batch = batchOf([
      { key, value: json(good) },
      { key, value: null },
    ]);
    const result = resultOf(treat, batch);
    expect(result.event.rejected).toEqual({ RECORD_NOT_SEALED: 1 });
    expect(outputOf(result, accepted)).toHaveLength(1);
    const [record] = outputOf(result, rejected);
    expect(codec.rejected.open(keys, record).envelope.value).toEqual(json(good));
  });

  it('are rejected as they stand when the policy refuses them', () => {
    const value = sealed(good);
    const result = resultOf(rawToAccepted(under('refused'), keys), batchOf([{ key, value }]));
    const [record] = outputOf(result, rejected);
    const { envelope, note } = codec.rejected.open(keys, record);
    expect([note.code, envelope.value]).toEqual(['RECORD_LOOKS_SEALED', value]);
  });
});
