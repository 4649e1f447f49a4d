import { KafkaLink } from '../src/kafka-link.ts';
import { COMPRESSIONS, type Compression } from '../src/wire/compression.ts';
import { fetchRequest } from '../src/wire/fetch-request.ts';
import { produceRequest } from '../src/wire/produce-request.ts';
import { logger } from './quiet-logger.ts';

/** A batch as it lies on the broker. */
export interface StoredBatch {
  readonly baseOffset: number;
  readonly compression: Compression;
  /** Its records section as it stands. */
  readonly payload: Buffer;
}

/** Every batch with data of partition 0, without those that only mark the end of a transaction. */
export async function storedBatches(brokers: string, topic: string): Promise<StoredBatch[]> {
  return onLeader(brokers, topic, async (link, leader) => {
    const batches: StoredBatch[] = [];
    const { id: topicId } = await link.topic(topic);
    for (let offset = 0n; ; ) {
      const maxBytes = 1024 * 1024;
      const wishes = [{ topic, topicId, partition: 0, offset, maxBytes }];
      const limits = { readCommitted: false, maxWaitMs: 100, maxBytes, timeoutMs: 10_000 };
      const answer = await link.send(leader, fetchRequest({ wishes, ...limits }));
      const { bytes } = answer.partitions[0];
      if (bytes.length === 0) return batches;
      for (let at = 0; at + 61 <= bytes.length; ) {
        const end = at + 12 + bytes.readInt32BE(at + 8);
        if (end > bytes.length) break;
        const attributes = bytes.readInt16BE(at + 21);
        const baseOffset = Number(bytes.readBigInt64BE(at));
        const compression = COMPRESSIONS[attributes & 0x07];
        const payload = Buffer.from(bytes.subarray(at + 61, end));
        if ((attributes & 0x20) === 0) batches.push({ baseOffset, compression, payload });
        offset = BigInt(baseOffset + bytes.readInt32BE(at + 23) + 1);
        at = end;
      }
    }
  });
}

/** Writes a batch as it stands to partition 0; gives the broker's error code. */
export async function storeBatch(brokers: string, topic: string, batch: Buffer): Promise<number> {
  return onLeader(brokers, topic, async (link, leader) => {
    const parts = [{ topic, partition: 0, batch }];
    const request = produceRequest({ parts, transactionalId: null, timeoutMs: 30_000 });
    const [answer] = await link.send(leader, request);
    return answer.errorCode;
  });
}

async function onLeader<T>(
  brokers: string,
  topic: string,
  work: (link: KafkaLink, leader: number) => Promise<T>,
): Promise<T> {
  const link = new KafkaLink({ brokers: brokers.split(','), clientId: 'stored' }, logger);
  await link.connect(10_000);
  try {
    return await work(link, await link.leader(topic, 0));
  } finally {
    await link.stop();
  }
}
