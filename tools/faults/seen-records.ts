import type { KafkaRecord } from '@sealstream/bus';
import { REJECT_HEADER, RejectNote } from '@sealstream/contracts';
import { digestOf } from '../demo/raw-ledger.ts';
import { outcomeOf } from '../demo/outcomes.ts';

/** A record of an output topic, as far as it is judged. */
export interface SeenRecord {
  /** Its own offset. */
  readonly at: number;
  /** Of the raw record that it says it came from; null when it says none of this topic's life. */
  readonly source: { readonly partition: number; readonly offset: number } | null;
  /** Of a rejected record: which stage refused it. */
  readonly stage: string;
  readonly digest: string;
}

/** A record of raw. */
export interface RawRecord {
  readonly at: number;
  /** As its producer numbered it; -1 when it is none of the producer's. */
  readonly number: number;
  readonly isGenuine: boolean;
}

/** Records of a topic by partition, each list in the order of the log. */
export type Partitions<T> = readonly (readonly T[])[];

/** Of a value: short, since hundreds of thousands are kept; 'null' of a tombstone. */
export function valueDigest(value: Buffer | null): string {
  return value === null ? 'null' : digestOf(value).slice(0, 16);
}

/** @param incarnation of the raw topic: what names another one came from nowhere */
export function seenRecord(
  incarnation: string,
  partition: number,
  record: KafkaRecord,
): SeenRecord {
  const { source } = outcomeOf(partition, record);
  const isOurs = source !== null && source.incarnation === incarnation;
  return {
    at: Number(record.offset),
    source: isOurs ? { partition: source.partition, offset: Number(source.offset) } : null,
    stage: stageOf(record),
    digest: valueDigest(record.value),
  };
}

function stageOf({ headers }: KafkaRecord): string {
  const note = headers.find(([name]) => name === REJECT_HEADER)?.[1];
  if (note === undefined || note === null) return '';
  return RejectNote.safeParse(JSON.parse(note.toString('utf8'))).data?.stage ?? '';
}
