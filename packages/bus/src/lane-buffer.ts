import type { KafkaRecord } from './records.ts';
import type { DecodedRange } from './wire/record-batch-decoder.ts';

interface Chunk {
  readonly records: readonly KafkaRecord[];
  /** Where the partition goes on after this chunk, trailing control records included. */
  readonly nextOffset: bigint;
  readonly bytesPerRecord: number;
  taken: number;
}

/** Records taken for one batch, and where the partition goes on after them. */
export interface TakenRecords {
  readonly records: KafkaRecord[];
  readonly nextOffset: bigint;
}

/** What was fetched of a partition and is not in work yet, in order. */
export class LaneBuffer {
  #chunks: Chunk[] = [];
  #sizeBytes = 0;
  #count = 0;
  #nextOffset: bigint;

  constructor(nextOffset: bigint) {
    this.#nextOffset = nextOffset;
  }

  /** Where to fetch next. */
  get nextOffset(): bigint {
    return this.#nextOffset;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get recordCount(): number {
    return this.#count;
  }

  get oldest(): KafkaRecord | null {
    for (const chunk of this.#chunks) {
      if (chunk.taken < chunk.records.length) return chunk.records[chunk.taken];
    }
    return null;
  }

  push(range: DecodedRange, sizeBytes: number): void {
    const count = range.records.length;
    const bytesPerRecord = count === 0 ? 0 : sizeBytes / count;
    this.#chunks.push({ ...range, bytesPerRecord, taken: 0 });
    this.#nextOffset = range.nextOffset;
    this.#sizeBytes += count === 0 ? 0 : sizeBytes;
    this.#count += count;
  }

  /** Takes records up to both limits, at least one when there is one. */
  take(maxRecords: number, maxBytes: number): TakenRecords {
    const records: KafkaRecord[] = [];
    let sizeBytes = 0;
    let nextOffset = this.#nextOffset;
    while (this.#chunks.length > 0) {
      const chunk = this.#chunks[0];
      while (chunk.taken < chunk.records.length) {
        const isFull = records.length >= maxRecords || sizeBytes >= maxBytes;
        if (isFull) {
          this.#account(records.length, sizeBytes);
          return { records, nextOffset: chunk.records[chunk.taken].offset };
        }
        records.push(chunk.records[chunk.taken]);
        sizeBytes += chunk.bytesPerRecord;
        chunk.taken += 1;
      }
      nextOffset = chunk.nextOffset;
      this.#chunks.shift();
    }
    this.#account(records.length, sizeBytes);
    return { records, nextOffset };
  }

  #account(count: number, sizeBytes: number): void {
    this.#count -= count;
    this.#sizeBytes = this.#chunks.length === 0 ? 0 : Math.max(0, this.#sizeBytes - sizeBytes);
  }
}
