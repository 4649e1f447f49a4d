import {
  AcceptedCodec,
  encodeSourceMark,
  RejectedCodec,
  type FetchedBatch,
} from '@sealstream/flow';
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  everyByte,
  newKeys,
  outputOf,
  people,
  resultOf,
} from '../../../packages/flow/test/flow-batch.ts';
import { acceptedToMasked } from '../src/accepted-to-masked.ts';

const keys = newKeys();
const dataset = people();
const transform = (batch: FetchedBatch) => resultOf(acceptedToMasked(dataset, keys), batch);
const { masked, rejected } = dataset.topics;
const codec = new AcceptedCodec('people');
const good =
  '{"first_name":"Alice","last_name":"Smith", "ssn":"123-45-6789","email":"a@b.example"}';

interface Change {
  readonly value?: Buffer | null;
  readonly policyId?: Buffer;
  readonly attempt?: number;
  readonly branch?: 'mask' | 'encrypt' | 'both';
  readonly partition?: number;
}

function accepted(change: Change = {}) {
  const { value = Buffer.from(good), ...marks } = change;
  const mark = encodeSourceMark({
    policyId: dataset.policyId,
    incarnation: Buffer.from('01020304', 'hex'),
    partition: 3,
    offset: 77n,
    attempt: 0,
    branch: 'both',
    ...marks,
  });
  const key = Buffer.from('hash-of-key');
  const envelope = {
    key: Buffer.from('plain-key'),
    value,
    headers: [],
    timestamp: 1234n,
    subject: null,
  };
  return codec.seal(keys, mark, key, envelope);
}

describe('accepted to masked', () => {
  it('changes the protected bytes alone, and keeps time, coordinate and the hashed key', () => {
    const [record] = outputOf(transform(batchOf([accepted()])), masked);
    expect(record.value?.toString()).toBe(good.replace('6789', 'XXXX'));
    expect(record.key?.toString()).toBe('hash-of-key');
    expect(record.timestamp).toBe(1234n);
    expect(record.headers.map(([name]) => name)).toEqual(['sealstream']);
  });

  it('applies the rules itself: what ingest should have refused is rejected here', () => {
    const unknown = Buffer.from(good.replace('first_name', 'other_name'));
    const result = transform(batchOf([accepted({ value: unknown })]));
    expect(outputOf(result, masked)).toEqual([]);
    const [sealed] = outputOf(result, rejected);
    const { note, envelope } = new RejectedCodec('people').open(keys, sealed);
    expect(note).toMatchObject({ stage: 'mask', code: 'RECORD_UNKNOWN_FIELD' });
    expect(note.source.offset).toBe('77');
    expect(envelope.value).toEqual(unknown);
    expect(everyByte(result).includes('123-45-6789')).toBe(false);
  });

  it('rejects a forged, changed or moved record, and never passes it', () => {
    const changed = accepted();
    if (changed.value) changed.value[40] ^= 1;
    const plain = { key: null, value: Buffer.from(good), headers: [] };
    const result = transform(batchOf([changed, plain, accepted({ partition: 2 })]));
    expect(outputOf(result, masked)).toEqual([]);
    expect(result.event.rejected).toEqual({ RECORD_NOT_AUTHENTIC: 3 });
    expect(everyByte(result).includes('123-45-6789')).toBe(false);
  });

  it('waits for a policy of a higher revision, and treats a lower one by its own', () => {
    const higher = people((text) => text.replace('revision: 1 ', 'revision: 2 '));
    expect(higher.revision).toBe(2);
    const record = accepted({ policyId: higher.policyId });
    expect(() => transform(batchOf([record]))).toThrow(/POLICY_BEHIND/);
    const [treated] = outputOf(
      resultOf(acceptedToMasked(higher, keys), batchOf([accepted()])),
      masked,
    );
    expect(treated.headers[0][1]?.subarray(1, 9)).toEqual(higher.policyId);
  });

  it('leaves a replay for the other branch alone, and treats one for its own', () => {
    const other = transform(batchOf([accepted({ attempt: 1, branch: 'encrypt' })]));
    expect(other.outputs.flatMap(({ records }) => records)).toEqual([]);
    const own = transform(batchOf([accepted({ attempt: 1, branch: 'mask' })]));
    expect(outputOf(own, masked).length).toBe(1);
  });

  it('gives a tombstone as null, so that a compacted topic forgets', () => {
    const [record] = outputOf(transform(batchOf([accepted({ value: null })])), masked);
    expect(record.value).toBeNull();
    expect(record.key?.toString()).toBe('hash-of-key');
  });

  it('rejects what grew over the limit of the topic', () => {
    const result = transform(batchOf([accepted()], [100]));
    expect(result.event.rejected).toEqual({ RECORD_TOO_LARGE: 1 });
    expect(outputOf(result, masked)).toEqual([]);
  });
});
