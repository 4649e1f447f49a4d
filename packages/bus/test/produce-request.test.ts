import { expect, test } from 'vitest';
import { ByteReader } from '../src/wire/byte-reader.ts';
import { ByteWriter } from '../src/wire/byte-writer.ts';
import { produceRequest } from '../src/wire/produce-request.ts';

const large = Buffer.from('a larger batch');
const small = Buffer.from('small');
const parts = [
  { topic: 'out', partition: 3, batch: large },
  { topic: 'audit', partition: 3, batch: small },
];
const request = produceRequest({ parts, transactionalId: 'id', timeoutMs: 1500 });

/** A broker's answer: for each topic its one partition, an error code and an offset. */
function answer(...topics: [name: string, partition: number, error: number, offset: bigint][]) {
  const bytes = new ByteWriter().int32(topics.length);
  for (const [name, partition, error, offset] of topics)
    bytes.string(name).int32(1).int32(partition).int16(error).int64(offset).int64(-1n).int64(0n);
  return bytes.int32(0).done();
}

test('a Produce request carries one batch for each topic, the largest last and as it stands', async () => {
  const { buffer, tail } = await request.request.encode();
  expect(tail).toBe(large);
  const reader = new ByteReader(Buffer.concat([buffer, large]));
  const head = [reader.string(), reader.int16(), reader.int32()];
  expect(head).toEqual(['id', -1, 1500]);
  const topics = reader.array((topic) => {
    const name = topic.string();
    const batches = topic.array((part) => [part.int32(), String(part.view(part.int32()))]);
    return [name, ...batches];
  });
  expect(topics).toEqual([
    ['audit', [3, 'small']],
    ['out', [3, 'a larger batch']],
  ]);
});

test('a Produce answer is told in the order of what was asked', async () => {
  const told = await request.response.decode(answer(['audit', 3, 7, 20n], ['out', 3, 0, 10n]));
  expect(told).toMatchObject([
    { errorCode: 0, baseOffset: 10n },
    { errorCode: 7, baseOffset: 20n },
  ]);
});

test.each([
  ['a topic', answer(['out', 3, 0, 10n])],
  ['a partition', answer(['out', 3, 0, 10n], ['audit', 2, 0, 20n])],
])('a Produce answer that leaves out %s is an error', async (_, bytes) => {
  await expect(request.response.decode(bytes)).rejects.toThrow('does not cover the partition');
});
