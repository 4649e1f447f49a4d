import { createHash } from 'node:crypto';
import type { KafkaRecord } from '@sealstream/bus';

/** What is remembered of a raw record after ingest has deleted it. */
export interface RawEntry {
  readonly offset: bigint;
  /** Milliseconds since 1970, as its producer said. */
  readonly timestamp: bigint;
  readonly digest: string;
}

/** The digest by which a record that was opened again is compared with raw. */
export function digestOf(value: Uint8Array): string {
  return createHash('sha256').update(value).digest('base64');
}

/** Every record of the raw topic, read from its first one on while it was written. */
export class RawLedger {
  /** First 4 bytes of the raw topic's id, hex, as coordinates have it. */
  readonly incarnation: string;
  readonly #partitions: Map<bigint, RawEntry>[];
  #count = 0;

  constructor(incarnation: string, partitions: number) {
    this.incarnation = incarnation;
    this.#partitions = Array.from({ length: partitions }, () => new Map());
  }

  get count(): number {
    return this.#count;
  }

  get partitions(): number {
    return this.#partitions.length;
  }

  add(partition: number, record: KafkaRecord): void {
    const { offset, timestamp, value } = record;
    this.#partitions[partition]?.set(offset, {
      offset,
      timestamp,
      digest: digestOf(value ?? Buffer.alloc(0)),
    });
    this.#count += 1;
  }

  find(partition: number, offset: bigint): RawEntry | undefined {
    return this.#partitions[partition]?.get(offset);
  }

  /** Where a value stands. */
  locate(value: Uint8Array): { readonly partition: number; readonly offset: bigint } | undefined {
    const digest = digestOf(value);
    for (const [partition, entries] of this.#partitions.entries())
      for (const entry of entries.values())
        if (entry.digest === digest) return { partition, offset: entry.offset };
    return undefined;
  }

  /** Offsets of a partition in order. */
  offsets(partition: number): bigint[] {
    return [...(this.#partitions[partition]?.keys() ?? [])];
  }
}
