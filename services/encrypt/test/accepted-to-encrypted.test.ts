import { AcceptedCodec, encodeSourceMark, type FetchedBatch } from '@sealstream/flow';
import { openPlan, Tally } from '@sealstream/policy';
import { describe, expect, it } from 'vitest';
import {
  batchOf,
  everyByte,
  newKeys,
  outputOf,
  people,
  resultOf,
} from '../../../packages/flow/test/flow-batch.ts';
import { acceptedToEncrypted } from '../src/accepted-to-encrypted.ts';

const keys = newKeys();
const dataset = people();
const transform = (batch: FetchedBatch) => resultOf(acceptedToEncrypted(dataset, keys), batch);
const { encrypted } = dataset.topics;
const good =
  '{"first_name":"Al\\u0069ce", "last_name":"Smith","ssn":"123-45-6789","amount":12.30,' +
  '"email":"alice@b.example","contacts":[{"email":"x@y.example"},{"email":null}]}';

function accepted(value: Buffer | null) {
  const mark = encodeSourceMark({
    policyId: dataset.policyId,
    incarnation: Buffer.from('01020304', 'hex'),
    partition: 3,
    offset: 77n,
    attempt: 0,
    branch: 'both',
  });
  const envelope = {
    key: null,
    value,
    headers: [],
    timestamp: 1234n,
    subject: Buffer.alloc(16, 7),
  };
  return new AcceptedCodec('people').seal(keys, mark, null, envelope);
}

describe('accepted to encrypted', () => {
  it('gives a record that opens again to the same bytes and shows no sealed value', () => {
    const result = transform(batchOf([accepted(Buffer.from(good))]));
    const [record] = outputOf(result, encrypted);
    for (const canary of ['Smith', '123-45-6789', 'alice@b.example', 'x@y.example']) {
      expect(everyByte(result).includes(canary)).toBe(false);
    }
    expect(record.value?.toString()).toContain('"amount":12.30');
    const opened = openPlan(dataset).apply(record.value ?? Buffer.alloc(0), keys, new Tally());
    expect(opened.ok ? opened.value.toString() : opened.code).toBe(good);
  });

  it('names the key that sealed, so that its use can be found', () => {
    const { event } = transform(batchOf([accepted(Buffer.from(good))]));
    expect(event.keyIds).toEqual(['AAAAAAAAAAAA']);
    expect(event.treated['/ssn seal']).toBe(1);
  });

  it('gives a tombstone as null', () => {
    const [record] = outputOf(transform(batchOf([accepted(null)])), encrypted);
    expect(record.value).toBeNull();
  });
});
