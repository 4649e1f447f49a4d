import { setTimeout as sleep } from 'node:timers/promises';
import { type CommittedOffset, committedOffset, offsetMetadata } from './committed-offset.ts';
import { refusalType, refuse } from './kafka-errors.ts';
import type { Broker } from './kafka-internals.ts';
import type { KafkaLink } from './kafka-link.ts';
import { compressBatch } from './wire/compressed-batch.ts';
import type { Compression } from './wire/compression.ts';
import { produceRequest } from './wire/produce-request.ts';
import type { RecordBatchWriter } from './wire/record-batch-writer.ts';

/** Record batches for one partition of one topic, each within the topic's size limit. */
export interface PartitionOutput {
  readonly topic: string;
  readonly partition: number;
  readonly batches: readonly Pick<RecordBatchWriter, 'finish' | 'length'>[];
}

export interface SessionOptions {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly source: {
    readonly topic: string;
    readonly topicId: Buffer;
    readonly partition: number;
  };
  readonly transactionTimeoutMs: number;
  readonly compression: Compression;
}

const COORDINATOR_TRIES = 200;

/**
 * One owner of one transactional id: InitProducerId at the start, then one transaction a batch.
 *
 * Opening a session fences every older one of the same id and ends what that left open. After any
 * failure a session is not used again: its sequence numbers are in doubt, and a broker takes a
 * reused one for a duplicate, says ok and writes nothing. The next session has a new epoch.
 */
export class TransactionSession {
  readonly #link: KafkaLink;
  readonly #options: SessionOptions;
  readonly #identity: { transactionalId: string; producerId: bigint; producerEpoch: number };
  readonly #sequences = new Map<string, number>();

  private constructor(
    link: KafkaLink,
    options: SessionOptions,
    producer: { producerId: string; producerEpoch: number },
  ) {
    this.#link = link;
    this.#options = options;
    this.#identity = {
      transactionalId: options.transactionalId,
      producerId: BigInt(producer.producerId),
      producerEpoch: producer.producerEpoch,
    };
  }

  /** The signal ends the wait for an older transaction: then it throws. */
  static async open(
    link: KafkaLink,
    options: SessionOptions,
    signal?: AbortSignal,
  ): Promise<TransactionSession> {
    const { transactionalId, transactionTimeoutMs } = options;
    const ask = (broker: Broker) =>
      broker.initProducerId({ transactionalId, transactionTimeout: transactionTimeoutMs });
    const producer = await asked(link, transactionalId, ask, signal);
    return new TransactionSession(link, options, producer);
  }

  /**
   * Postcondition: what an earlier owner committed is included, since opening this session waited
   * for its last transaction to end.
   */
  async committed(): Promise<CommittedOffset> {
    const { groupId, source } = this.#options;
    return groupOffset(this.#link, groupId, source.topic, source.partition);
  }

  /**
   * Writes the outputs and moves the group's offset in one transaction: all of it or nothing.
   * `accounted` is the end of the last accounted range, in digits. Throws on any doubt; the session
   * is then dead.
   */
  async commit(
    outputs: readonly PartitionOutput[],
    nextOffset: bigint,
    accounted: string,
  ): Promise<void> {
    const coordinator = await this.#link.transactionCoordinator(this.#options.transactionalId);
    const metadata = offsetMetadata(accounted, this.#options.source.topicId);
    await Promise.all([this.write(outputs), this.#commitOffset(coordinator, nextOffset, metadata)]);
    await this.#call(coordinator, (broker) =>
      broker.endTxn({ ...this.#identity, transactionResult: true }),
    );
  }

  /** Begins the transaction and writes the outputs, without ending it. */
  async write(outputs: readonly PartitionOutput[]): Promise<void> {
    const filled = outputs.filter((output) => output.batches.length > 0);
    if (filled.length === 0) return;
    const coordinator = await this.#link.transactionCoordinator(this.#options.transactionalId);
    await this.#addPartitions(coordinator, filled);
    await this.#produce(filled);
  }

  async #addPartitions(coordinator: Broker, outputs: readonly PartitionOutput[]): Promise<void> {
    const topics = [...Map.groupBy(outputs, (output) => output.topic)].map(([topic, parts]) => ({
      topic,
      partitions: parts.map((part) => part.partition),
    }));
    await this.#call(coordinator, (broker) =>
      broker.addPartitionsToTxn({ ...this.#identity, topics }),
    );
  }

  /**
   * What goes to one broker goes in one request, as far as it is one batch a partition; a further batch
   * of a partition goes in the next one, and none waits for an answer.
   */
  async #produce(outputs: readonly PartitionOutput[]): Promise<void> {
    const placed = await Promise.all(
      outputs.map(async (output) => {
        const leader = await this.#link.leader(output.topic, output.partition);
        return { ...output, leader };
      }),
    );
    const rounds = Math.max(...outputs.map(({ batches }) => batches.length));
    const answers: Promise<void>[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const due = placed.filter(({ batches }) => round < batches.length);
      for (const [leader, parts] of Map.groupBy(due, (part) => part.leader))
        answers.push(this.#send(leader, parts, round));
    }
    for (const answer of await Promise.allSettled(answers))
      if (answer.status === 'rejected') throw answer.reason;
  }

  async #send(leader: number, outputs: readonly PartitionOutput[], round: number): Promise<void> {
    const parts = outputs.map(({ batches, partition, topic }) => {
      return { topic, partition, batch: this.#finished(topic, partition, batches[round]) };
    });
    const { transactionalId } = this.#identity;
    const timeoutMs = this.#options.transactionTimeoutMs;
    const request = produceRequest({ parts, transactionalId, timeoutMs });
    try {
      for (const { errorCode } of await this.#link.send(leader, request)) refuse(errorCode);
    } catch (error) {
      for (const { topic } of parts) this.#link.forgetTopic(topic);
      throw error;
    }
  }

  #finished(topic: string, partition: number, records: PartitionOutput['batches'][number]): Buffer {
    const name = `${topic}/${partition}`;
    const baseSequence = this.#sequences.get(name) ?? 0;
    this.#sequences.set(name, (baseSequence + records.length) & 0x7fffffff);
    const plain = records.finish({ ...this.#identity, baseSequence, transactional: true });
    return compressBatch(plain, this.#options.compression);
  }

  async #commitOffset(coordinator: Broker, nextOffset: bigint, metadata: string): Promise<void> {
    const { groupId, source } = this.#options;
    await this.#call(coordinator, (broker) =>
      broker.addOffsetsToTxn({ ...this.#identity, groupId }),
    );
    const partitions = [{ partition: source.partition, offset: nextOffset, metadata }];
    const group = await this.#link.groupCoordinator(groupId);
    try {
      await this.#link.call(group, (broker) =>
        broker.txnOffsetCommit({
          ...this.#identity,
          groupId,
          topics: [{ topic: source.topic, partitions }],
        }),
      );
    } catch (error) {
      this.#link.noteCoordinatorError(error, groupId);
      throw error;
    }
  }

  /** Waits a few milliseconds while the end of the last transaction is still being written. */
  async #call(coordinator: Broker, ask: (broker: Broker) => Promise<unknown>): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#link.call(coordinator, ask);
        return;
      } catch (error) {
        this.#link.noteCoordinatorError(error, this.#options.transactionalId);
        const isBusy = refusalType(error) === 'CONCURRENT_TRANSACTIONS';
        if (!isBusy || tries >= COORDINATOR_TRIES) throw error;
        await sleep(Math.min(4 + tries, 20));
      }
    }
  }
}

/** Asks the transaction coordinator, waiting while it moves or ends an older transaction. */
async function asked<A>(
  link: KafkaLink,
  transactionalId: string,
  ask: (broker: Broker) => Promise<A>,
  signal?: AbortSignal,
): Promise<A> {
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted();
    try {
      const coordinator = await link.transactionCoordinator(transactionalId);
      return await link.call(coordinator, ask);
    } catch (error) {
      link.noteCoordinatorError(error, transactionalId);
      const isBusy = refusalType(error) === 'CONCURRENT_TRANSACTIONS';
      if (!isBusy || tries >= COORDINATOR_TRIES * 5) throw error;
      await sleep(Math.min(4 + tries, 20));
    }
  }
}

/** The committed offset of a group on one partition, with its metadata. */
export async function groupOffset(
  link: KafkaLink,
  groupId: string,
  topic: string,
  partition: number,
): Promise<CommittedOffset> {
  const [offset] = await groupOffsets(link, groupId, topic, [partition]);
  return offset;
}

/** The same on several partitions of a topic, in their order, with one question. */
export async function groupOffsets(
  link: KafkaLink,
  groupId: string,
  topic: string,
  partitions: readonly number[],
): Promise<CommittedOffset[]> {
  try {
    const coordinator = await link.groupCoordinator(groupId);
    const asked = partitions.map((partition) => ({ partition }));
    const answer = await link.call(coordinator, (broker) =>
      broker.offsetFetch({ groupId, topics: [{ topic, partitions: asked }] }),
    );
    return partitions.map((partition) => {
      const found = answer.responses[0]?.partitions.find((one) => one.partition === partition);
      if (found === undefined) throw new RangeError('offset answer does not cover the partition');
      return committedOffset(BigInt(found.offset), found.metadata ?? '');
    });
  } catch (error) {
    link.noteCoordinatorError(error, groupId);
    throw error;
  }
}
