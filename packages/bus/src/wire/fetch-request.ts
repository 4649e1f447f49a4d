import type { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { AbortedTransaction } from './record-batch-decoder.ts';
import { type WireRequest, wireRequest } from './requests.ts';

/** One partition to fetch. */
export interface FetchWish {
  /** Kafka's topic id: fetching never goes on in another topic that was made under the same name. */
  readonly topicId: Buffer;
  readonly partition: number;
  readonly offset: bigint;
  readonly maxBytes: number;
}

/** What came for one partition. */
export interface FetchedPartition {
  readonly topicId: Buffer;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: bigint;
  readonly lastStableOffset: bigint;
  readonly logStartOffset: bigint;
  readonly aborted: AbortedTransaction[];
  readonly bytes: Buffer;
}

/**
 * Fetch v13, the first that names topics by their id, without a fetch session. A flexible version:
 * see metadata-request.ts.
 */
export function fetchRequest(options: {
  wishes: readonly FetchWish[];
  readCommitted: boolean;
  maxWaitMs: number;
  maxBytes: number;
  timeoutMs: number;
}): WireRequest<{ errorCode: number; partitions: FetchedPartition[] }> {
  const body = new ByteWriter()
    .int8(0)
    .int32(-1)
    .int32(options.maxWaitMs)
    .int32(1)
    .int32(options.maxBytes)
    .int8(options.readCommitted ? 1 : 0)
    .int32(0)
    .int32(-1);
  const topics = Map.groupBy(options.wishes, (wish) => wish.topicId.toString('latin1'));
  body.unsignedVarint(topics.size + 1);
  for (const wishes of topics.values()) {
    body.raw(wishes[0].topicId).unsignedVarint(wishes.length + 1);
    for (const wish of wishes) {
      // Leader epochs and the start of a follower's log are not ours to tell.
      body.int32(wish.partition).int32(-1).int64(wish.offset).int32(-1).int64(-1n);
      body.int32(wish.maxBytes).int8(0);
    }
    body.int8(0);
  }
  body.unsignedVarint(1).compactString('').int8(0);
  const api = { key: 1, version: 13, name: 'Fetch' };
  return wireRequest(
    api,
    body,
    (reader) => {
      reader.skipTags();
      reader.int32();
      const errorCode = reader.int16();
      reader.int32();
      const partitions = reader.compactArray((answer) => {
        const topicId = answer.view(16);
        const parts = answer.compactArray(() => fetchedPartition(answer, topicId));
        answer.skipTags();
        return parts;
      });
      return { errorCode, partitions: partitions.flat() };
    },
    options.timeoutMs,
  );
}

function fetchedPartition(answer: ByteReader, topicId: Buffer): FetchedPartition {
  const partition = answer.int32();
  const errorCode = answer.int16();
  const highWatermark = answer.int64();
  const lastStableOffset = answer.int64();
  const logStartOffset = answer.int64();
  const aborted = answer.compactArray(() => {
    const transaction = { producerId: answer.int64(), firstOffset: answer.int64() };
    answer.skipTags();
    return transaction;
  });
  answer.int32();
  const bytes = answer.view(Math.max(0, answer.unsignedVarint() - 1));
  answer.skipTags();
  const offsets = { highWatermark, lastStableOffset, logStartOffset };
  return { topicId, partition, errorCode, ...offsets, aborted, bytes };
}
