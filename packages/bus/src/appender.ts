import { setTimeout as sleep } from 'node:timers/promises';
import { SealstreamError } from '@sealstream/contracts';
import { errorWord, refusalType, refuse } from './kafka-errors.ts';
import type { KafkaLink } from './kafka-link.ts';
import type { OutRecord } from './records.ts';
import { topicLimit } from './topic-settings.ts';
import { compressBatch } from './wire/compressed-batch.ts';
import type { Compression } from './wire/compression.ts';
import { RecordBatchWriter } from './wire/record-batch-writer.ts';
import { produceRequest } from './wire/produce-request.ts';

interface Producer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  sequence: number;
}

const RETRY_MS = 100;
const DEADLINE_MS = 30_000;
const DUPLICATE_SEQUENCE_NUMBER = 46;
/** Refusals that no waiting mends. */
const FINAL = new Set([
  'MESSAGE_TOO_LARGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_RECORD',
]);

/**
 * Plain writes outside transactions: acks=all, in order per partition, and each batch once even when
 * an answer is lost, since it is sent again under the same sequence number.
 */
export class Appender {
  readonly #link: KafkaLink;
  readonly #compression: Compression;
  readonly #producers = new Map<string, Producer>();
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(link: KafkaLink, compression: Compression) {
    this.#link = link;
    this.#compression = compression;
  }

  /**
   * Writes the records in order to one partition; resolves to the offset of the first once all are
   * acknowledged by every in-sync replica. Throws after 30 s; then some may have been written.
   */
  append(topic: string, partition: number, records: readonly OutRecord[]): Promise<bigint> {
    const name = `${topic}/${partition}`;
    const before = this.#queues.get(name) ?? Promise.resolve();
    const next = before.catch(() => undefined).then(() => this.#write(topic, partition, records));
    this.#queues.set(name, next);
    return next;
  }

  async #write(topic: string, partition: number, records: readonly OutRecord[]): Promise<bigint> {
    const limit = await this.#limit(topic);
    const writer = new RecordBatchWriter().reset(limit, Date.now());
    for (const record of records) writer.push(record);
    if (writer.oversized.length > 0) throw new SealstreamError('RECORD_TOO_LARGE', { topic });
    let first = -1n;
    for (const batch of writer.pieces()) {
      const offset = await this.#writeBatch(topic, partition, batch);
      if (first < 0n) first = offset;
    }
    return first;
  }

  /** Asked again while nobody answers; a refusal is an answer. */
  async #limit(topic: string): Promise<number> {
    for (const deadline = Date.now() + DEADLINE_MS; ; await sleep(RETRY_MS)) {
      try {
        return await topicLimit(this.#link, topic);
      } catch (error) {
        const isAnswer = refusalType(error) !== '' || isRefused(error);
        if (isAnswer || Date.now() > deadline) throw error;
      }
    }
  }

  async #writeBatch(topic: string, partition: number, records: RecordBatchWriter): Promise<bigint> {
    const name = `${topic}/${partition}`;
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      try {
        const producer = this.#producers.get(name) ?? (await this.#newProducer(name));
        const offset = await this.#send(topic, partition, records, producer);
        producer.sequence = (producer.sequence + records.length) & 0x7fffffff;
        return offset;
      } catch (error) {
        const type = refusalType(error);
        this.#link.forgetTopic(topic);
        // The broker no longer knows the producer, so a new one cannot double what it wrote.
        if (type === 'UNKNOWN_PRODUCER_ID' || type === 'INVALID_PRODUCER_EPOCH') {
          this.#producers.delete(name);
        }
        if (FINAL.has(type) || isRefused(error) || Date.now() > deadline) {
          this.#producers.delete(name);
          throw error;
        }
        this.#link.logger.debug({ topic, partition, code: errorWord(error) }, 'sending again');
        await sleep(RETRY_MS);
      }
    }
  }

  async #send(
    topic: string,
    partition: number,
    records: RecordBatchWriter,
    producer: Producer,
  ): Promise<bigint> {
    const plain = records.finish({
      ...producer,
      baseSequence: producer.sequence,
      transactional: false,
    });
    const batch = compressBatch(plain, this.#compression);
    const leader = await this.#link.leader(topic, partition);
    const request = produceRequest({
      parts: [{ topic, partition, batch }],
      transactionalId: null,
      timeoutMs: DEADLINE_MS,
    });
    const [answer] = await this.#link.send(leader, request);
    // A duplicate was written when it was sent before: that is what was asked for.
    if (answer.errorCode !== DUPLICATE_SEQUENCE_NUMBER) refuse(answer.errorCode);
    return answer.baseOffset;
  }

  async #newProducer(name: string): Promise<Producer> {
    const broker = await this.#link.anyBroker();
    const made = await this.#link.call(broker, () =>
      broker.initProducerId({ transactionalId: null, transactionTimeout: 60_000 }),
    );
    const producer = {
      producerId: BigInt(made.producerId),
      producerEpoch: made.producerEpoch,
      sequence: 0,
    };
    this.#producers.set(name, producer);
    return producer;
  }
}

/** A topic that may not even be looked at: waiting does not mend it. */
function isRefused(error: unknown): boolean {
  return error instanceof SealstreamError && error.code === 'KAFKA_REFUSED';
}
