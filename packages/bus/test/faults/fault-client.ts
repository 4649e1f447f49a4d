import type { Header } from '../../src/records.ts';

/** A record as either side is given it and gives it back. */
export interface PlainRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** What a record batch is made of. */
export interface BatchToEncode {
  readonly records: readonly PlainRecord[];
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
}

/** A batch's bytes, or why there are none. */
export type Encoded = Buffer | { readonly refused: string };
/** A batch's records, or why there are none. */
export type Decoded = readonly PlainRecord[] | { readonly refused: string };

export interface Allocations {
  readonly calls: number;
  readonly bytes: number;
}

/** A copy of a topic by a member of a group, in transactions that hold the offset as well. */
export interface CopyOptions {
  readonly group: string;
  readonly source: string;
  readonly out: string;
  readonly batchRecords: number;
  /** How often kafkajs sends a batch again by itself; its default unless told. Ours has no such limit. */
  readonly producerRetries?: number;
  /** After how long without a heartbeat the member counts as gone; default 6000. */
  readonly sessionMs?: number;
}

/** How a copy stands. */
export interface CopyState {
  /** Partitions that this member was given, and is ready to work on. */
  readonly partitions: number;
  /** Why it will not go on by itself; '' while it does. */
  readonly ended: string;
  /** Ranges [from, to) that it told were gone before it read them. */
  readonly lost: readonly string[];
}

/**
 * What a scenario asks of a Kafka client. Two programs answer it: the bus, and kafkajs 2.2.4 as its
 * makers published it, used as its guide shows. So both meet the same fault in the same way.
 */
export interface FaultClient {
  /** Bytes of record batches, by the client's own encoder. */
  encode(batches: readonly BatchToEncode[]): Promise<Encoded[]>;
  /** Records of stored batches, by the client's own decoder. */
  decode(batches: readonly Buffer[]): Promise<Decoded[]>;
  /** Buffers that are made while a batch is put into bytes, once it was done before. */
  allocationsOfBatch(batch: BatchToEncode): Promise<Allocations>;
  /** Buffers that are made while a Produce request with a batch of that size is sent. */
  allocationsOfSending(batchBytes: number): Promise<Allocations>;
  /**
   * The answers that one connection finds in what its sockets bring, one socket after the other; the
   * bytes of each come piece by piece in one buffer.
   */
  answersInPieces(sockets: readonly Buffer[], pieceBytes: number): Promise<readonly Buffer[]>;
  /** Array elements that are gone through to put so many records of one partition into a batch. */
  arraySteps(records: number): Promise<number>;
  /** Least CPU milliseconds of several tries that the checksum of so many bytes takes. */
  checksumCpuMs(sizeBytes: number): Promise<number>;

  /** `instanceId` names a static member of every group that it joins. */
  connect(brokers: string, clientId: string, instanceId?: string): Promise<void>;
  /** Writes values to partitions of a topic at a time; resolves to the error of each that failed. */
  append(topic: string, values: Readonly<Record<number, readonly string[]>>): Promise<string[]>;
  /** Values of partition 0 from an offset up to the value named, for a reader of committed records. */
  readCommitted(topic: string, from: bigint, last: string): Promise<string[]>;
  startCopy(options: CopyOptions): Promise<void>;
  copyState(): Promise<CopyState>;
  /** Gives the partitions back; the process and its connections stay. */
  stopCopy(): Promise<void>;
  /** How often timers wake the process while it is left alone for so long; its warnings so far. */
  idle(forMs: number): Promise<{ readonly wakeUps: number; readonly warnings: readonly string[] }>;
  /** So many small questions to the broker at once. */
  askAtOnce(count: number): Promise<void>;
  /** All that the client can tell of which topic this is. */
  topicIdentity(topic: string): Promise<string>;
}
