import { ByteWriter } from './byte-writer.ts';
import type { AbortedTransaction } from './record-batch-decoder.ts';
import { type WireRequest, wireRequest } from './requests.ts';

/** One partition to fetch. */
export interface FetchWish {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly maxBytes: number;
}

/** What came for one partition. */
export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: bigint;
  readonly lastStableOffset: bigint;
  readonly logStartOffset: bigint;
  readonly aborted: AbortedTransaction[];
  readonly bytes: Buffer;
}

/** Fetch v11 without a fetch session. */
export function fetchRequest(options: {
  wishes: readonly FetchWish[];
  readCommitted: boolean;
  maxWaitMs: number;
  maxBytes: number;
  timeoutMs: number;
}): WireRequest<{ errorCode: number; partitions: FetchedPartition[] }> {
  const body = new ByteWriter()
    .int32(-1)
    .int32(options.maxWaitMs)
    .int32(1)
    .int32(options.maxBytes)
    .int8(options.readCommitted ? 1 : 0)
    .int32(0)
    .int32(-1);
  const topics = Map.groupBy(options.wishes, (wish) => wish.topic);
  body.int32(topics.size);
  for (const [topic, wishes] of topics) {
    body.string(topic).int32(wishes.length);
    for (const wish of wishes) {
      body.int32(wish.partition).int32(-1).int64(wish.offset).int64(-1n).int32(wish.maxBytes);
    }
  }
  body.int32(0).string('');
  const api = { key: 1, version: 11, name: 'Fetch' };
  return wireRequest(
    api,
    body,
    (reader) => {
      reader.int32();
      const errorCode = reader.int16();
      reader.int32();
      const partitions = reader.array((answer) => {
        const topic = answer.string() ?? '';
        return answer.array(() => ({
          topic,
          partition: answer.int32(),
          errorCode: answer.int16(),
          highWatermark: answer.int64(),
          lastStableOffset: answer.int64(),
          logStartOffset: answer.int64(),
          aborted: answer.array(() => ({
            producerId: answer.int64(),
            firstOffset: answer.int64(),
          })),
          bytes: fetchedBytes(answer),
        }));
      });
      return { errorCode, partitions: partitions.flat() };
    },
    options.timeoutMs,
  );
}

function fetchedBytes(answer: { int32(): number; view(sizeBytes: number): Buffer }): Buffer {
  answer.int32();
  const sizeBytes = answer.int32();
  return answer.view(Math.max(sizeBytes, 0));
}
