import { keyOf, personJson } from '../ground/people.ts';

/** What both producers are told: ours and the reference. */
export interface ProduceOptions {
  readonly brokers: string;
  /** A topic with one record a transaction; the offset of it is committed in the transaction. */
  readonly source: string;
  readonly target: string;
  readonly audit: string;
  readonly partitions: number;
  readonly recordsPerTransaction: number;
  readonly bytes: number;
  /** It ends after so many records. */
  readonly total: number;
}

export interface LoadRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** The records of every transaction, made before the clock runs. */
export function loadRecords({ bytes, recordsPerTransaction }: ProduceOptions): LoadRecord[] {
  return Array.from({ length: recordsPerTransaction }, (_, index) => ({
    key: keyOf(index),
    value: personJson(index, bytes),
  }));
}

/** The event that goes with each transaction. */
export function loadEvent(partition: number, offset: bigint, records: number): LoadRecord {
  const event = { partition, from: offset.toString(), to: (offset + 1n).toString(), records };
  return { key: Buffer.from('produce'), value: Buffer.from(JSON.stringify(event)) };
}
