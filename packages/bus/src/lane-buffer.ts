import type { DecodedRange } from './wire/record-batch-decoder.ts';
import { RecordColumns } from './wire/record-columns.ts';

interface Chunk {
  readonly records: RecordColumns;
  /** Where the partition goes on after this chunk, trailing control records included. */
  readonly nextOffset: bigint;
  readonly bytesPerRecord: number;
  taken: number;
}

/** Records taken for one batch, and where the partition goes on after them. */
export interface TakenRecords {
  readonly records: RecordColumns;
  readonly nextOffset: bigint;
  /** As fetched; a share of what the records came with. */
  readonly sizeBytes: number;
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

  /** Milliseconds since 1970 of the oldest record not taken yet; null when there is none. */
  get oldestMs(): number | null {
    const chunk = this.#chunks.find(({ records, taken }) => taken < records.length);
    return chunk === undefined ? null : chunk.records.timestampMs(chunk.taken);
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
    const slices: RecordColumns[] = [];
    let count = 0;
    let sizeBytes = 0;
    let nextOffset = this.#nextOffset;
    while (this.#chunks.length > 0) {
      const chunk = this.#chunks[0];
      const { bytesPerRecord, records, taken } = chunk;
      const room = Math.min(
        maxRecords - count,
        bytesPerRecord === 0 ? Infinity : Math.ceil((maxBytes - sizeBytes) / bytesPerRecord),
      );
      const wanted = Math.min(Math.max(room, count === 0 ? 1 : 0), records.length - taken);
      if (wanted > 0) slices.push(records.slice(taken, taken + wanted));
      count += wanted;
      sizeBytes += wanted * bytesPerRecord;
      chunk.taken += wanted;
      if (chunk.taken < records.length) {
        nextOffset = BigInt(records.offset(chunk.taken));
        break;
      }
      nextOffset = chunk.nextOffset;
      this.#chunks.shift();
    }
    this.#count -= count;
    this.#sizeBytes = this.#chunks.length === 0 ? 0 : Math.max(0, this.#sizeBytes - sizeBytes);
    return { records: RecordColumns.concat(slices), nextOffset, sizeBytes };
  }
}
