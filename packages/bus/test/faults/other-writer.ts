import { KafkaLink } from '../../src/kafka-link.ts';
import { RecordBatchWriter } from '../../src/index.ts';
import { type SessionOptions, TransactionSession } from '../../src/transaction-session.ts';
import { logger } from '../quiet-logger.ts';
import { until } from '../workers.ts';

/** Writes in transactions that it leaves open, as a process does that dies in one. */
export class OtherWriter {
  readonly #link: KafkaLink;

  private constructor(link: KafkaLink) {
    this.#link = link;
  }

  static async connect(brokers: string): Promise<OtherWriter> {
    const link = new KafkaLink({ brokers: brokers.split(','), clientId: 'other' }, logger);
    await link.connect(10_000);
    return new OtherWriter(link);
  }

  /** Opens a session of that id, which ends what the one before left open. */
  async open(transactionalId: string, groupId: string, topic: string): Promise<OpenTransaction> {
    const { id: topicId } = await this.#link.topic(topic);
    const source = { topic, topicId, partition: 0 };
    const session = await this.#session({
      transactionalId,
      groupId,
      source,
      transactionTimeoutMs: 60_000,
      compression: 'none',
    });
    return new OpenTransaction(session, topic);
  }

  stop(): Promise<void> {
    return this.#link.stop();
  }

  /** A broker that just started refuses for a moment, while it loads what it knows of ids. */
  async #session(options: SessionOptions): Promise<TransactionSession> {
    let session: TransactionSession | undefined;
    await until(async () => {
      session = await TransactionSession.open(this.#link, options);
      return true;
    }, 10_000);
    if (session === undefined) throw new Error('no session');
    return session;
  }
}

/** A transaction that nobody commits. */
export class OpenTransaction {
  readonly #session: TransactionSession;
  readonly #topic: string;

  constructor(session: TransactionSession, topic: string) {
    this.#session = session;
    this.#topic = topic;
  }

  /** Writes a record to partition 0. */
  async write(value: string, key: Buffer | null = null): Promise<void> {
    const batch = new RecordBatchWriter().reset(1024, Date.now());
    batch.push({ key, value: Buffer.from(value) });
    await this.#session.write([{ topic: this.#topic, partition: 0, batches: [batch] }]);
  }
}
