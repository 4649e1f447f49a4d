import type { Bus, KafkaRecord } from '@sealstream/bus';

/**
 * Reads a topic while it is written, committed records only: from the first record that it ever had,
 * or from the first that it still has.
 */
export class TopicWatch {
  readonly topic: string;
  readonly #stopping = new AbortController();
  readonly #reading: Promise<void>;
  #count = 0;
  #failure: unknown;
  readonly #positions: bigint[];

  constructor(
    bus: Pick<Bus, 'read'>,
    topic: string,
    partitions: number,
    onRecord: (partition: number, record: KafkaRecord, seenMs: number) => void,
    from: bigint | 'earliest' = 0n,
  ) {
    this.topic = topic;
    this.#positions = Array.from({ length: partitions }, () => 0n);
    const starts = Array.from({ length: partitions }, (_, partition) => {
      return { topic, partition, offset: from };
    });
    const read = async () => {
      const { signal } = this.#stopping;
      for await (const { partition, records, nextOffset } of bus.read({ starts, signal })) {
        const seenMs = performance.timeOrigin + performance.now();
        for (const record of records) onRecord(partition, record, seenMs);
        this.#count += records.length;
        this.#positions[partition] = nextOffset;
      }
    };
    this.#reading = read().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Records seen so far. */
  get count(): number {
    return this.#count;
  }

  /** Where reading of a partition goes on; what no reader is shown is passed. */
  position(partition: number): bigint {
    return this.#positions[partition];
  }

  /** Throws what ended the reading, if anything did. */
  requireReading(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
  }
}
