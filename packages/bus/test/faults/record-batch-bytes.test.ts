import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { decodeRecordBatches } from '../../src/wire/record-batch-decoder.ts';
import { encodeRecordBatch } from '../../src/wire/record-batch-encoder.ts';
import { clientOf } from './contrast.ts';
import type { BatchToEncode, Decoded, Encoded } from './fault-client.ts';
import { RandomBatches } from './random-batches.ts';

const BATCHES = 10_000;
const AT_ONCE = 250;
/** The leader's epoch, which the broker writes and no checksum covers: ours is -1 as Java's is. */
const EPOCH = { from: 12, to: 16 };

function encoded({ records, ...producer }: BatchToEncode): Buffer {
  const dated = records.map((record) => ({ ...record, timestamp: BigInt(record.timestamp) }));
  return encodeRecordBatch(dated, producer, 0n);
}

/** Where the two differ first; -1 for nowhere. */
function difference(ours: Buffer, stock: Encoded): number {
  if (!Buffer.isBuffer(stock)) return 0;
  const same = Buffer.from(stock);
  ours.copy(same, EPOCH.from, EPOCH.from, EPOCH.to);
  if (ours.equals(same)) return -1;
  const at = ours.findIndex((byte, index) => byte !== same[index]);
  return at < 0 ? ours.length : at;
}

test(`${BATCHES} batches have the bytes that stock kafkajs gives them, and its decoder reads them`, async () => {
  const seed = process.env['SEED'] ?? randomBytes(6).toString('hex');
  const batches = new RandomBatches(seed);
  const stock = await clientOf('stock');
  for (let done = 0; done < BATCHES; done += AT_ONCE) {
    const asked = Array.from({ length: AT_ONCE }, () => batches.next());
    const ours = asked.map(encoded);
    const [theirs, read] = await Promise.all([stock.encode(asked), stock.decode(ours)]);
    for (const [index, batch] of asked.entries()) {
      const place = `batch ${done + index} of SEED=${seed}`;
      expect(difference(ours[index], theirs[index]), place).toBe(-1);
      expect(isSame(read[index], batch), place).toBe(true);
    }
  }
}, 120_000);

/** Compares without vitest's own comparison, which takes minutes for so many buffers. */
function isSame(read: Decoded, { records }: BatchToEncode): boolean {
  if ('refused' in read || read.length !== records.length) return false;
  const text = (value: Buffer | null) => value?.toString('latin1');
  return records.every(({ key, value, headers, timestamp }, index) => {
    const other = read[index];
    return (
      text(key) === text(other.key) &&
      text(value) === text(other.value) &&
      timestamp === other.timestamp &&
      headers.length === other.headers.length &&
      headers.every(
        ([name, bytes], at) =>
          name === other.headers[at][0] && text(bytes) === text(other.headers[at][1]),
      )
    );
  });
}

test('a batch that differs in any byte is found to differ', () => {
  const [batch] = [new RandomBatches('any').next()];
  const ours = encoded(batch);
  const { records } = decodeRecordBatches(ours, 0n, []);
  const read = Array.from(records, (record) => ({
    ...record,
    timestamp: Number(record.timestamp),
  }));
  expect(isSame(read, batch)).toBe(true);
  for (let at = 0; at < ours.length; at += 1) {
    const other = Buffer.from(ours);
    other[at] ^= 1;
    const isEpoch = at >= EPOCH.from && at < EPOCH.to;
    expect(difference(ours, other)).toBe(isEpoch ? -1 : at);
  }
  for (const part of ['key', 'value'] as const)
    expect(isSame([{ ...read[0], [part]: Buffer.from('other') }, ...read.slice(1)], batch)).toBe(
      false,
    );
});
