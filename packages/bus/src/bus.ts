import { type Logger } from '@sealstream/contracts';
import { AccessRules } from './access-rules.ts';
import { BusAdmin } from './admin.ts';
import { Appender } from './appender.ts';
import { Fetcher } from './fetcher.ts';
import type { ConnectionOptions } from './kafka-internals.ts';
import { KafkaLink } from './kafka-link.ts';
import { NamePrefix } from './name-prefix.ts';
import { type ReadChunk, type ReadOptions, readPartitions } from './partition-reader.ts';
import type { OutRecord } from './records.ts';
import { ScramUsers } from './scram-users.ts';
import { Stage, type StopOptions } from './stage.ts';
import type { StageOptions } from './stage-options.ts';
import { checkCodecs, type Compression } from './wire/compression.ts';

export interface BusOptions extends ConnectionOptions {
  readonly brokers: string[];
  readonly clientId: string;
  readonly logger: Logger;
  /** How long to wait for a broker at the start; default 60 s. */
  readonly connectTimeoutMs?: number;
  /** Names of topics and groups begin so on the cluster, and are told without it; default none. */
  readonly namePrefix?: string;
  /** What written batches are compressed with where that makes them smaller; default none. */
  readonly compression?: Compression;
}

/** The process's link to Kafka: one set of connections for everything it does there. */
export class Bus {
  readonly admin: BusAdmin;
  readonly accessRules: AccessRules;
  readonly scramUsers: ScramUsers;
  readonly #link: KafkaLink;
  readonly #fetcher: Fetcher;
  readonly #appender: Appender;
  readonly #stages: Stage[] = [];
  readonly #names: NamePrefix;
  readonly #compression: Compression;

  constructor(link: KafkaLink, names: NamePrefix, compression: Compression) {
    this.#link = link;
    this.#names = names;
    this.#compression = compression;
    this.#fetcher = new Fetcher(link, true);
    this.#appender = new Appender(link, compression);
    this.admin = new BusAdmin(link, names);
    this.accessRules = new AccessRules(link, names);
    this.scramUsers = new ScramUsers(link);
  }

  /** Starts an exactly-once stage. Throws TOPIC_MISSING when a topic is not there. */
  async stage(asked: StageOptions): Promise<Stage> {
    const options = { compression: this.#compression, ...this.#names.stage(asked) };
    for (const topic of [options.source, ...options.outputs]) await this.#link.topic(topic);
    const stage = new Stage(this.#link, this.#fetcher, options);
    this.#stages.push(stage);
    stage.start();
    return stage;
  }

  /** Committed records of partitions, without a group. */
  read(options: ReadOptions): AsyncGenerator<ReadChunk> {
    const chunks = readPartitions(this.#link, this.#fetcher, this.#names.read(options));
    return this.#names.chunks(chunks);
  }

  /** Writes records in order to one partition with acks=all; resolves to the first one's offset. */
  append(topic: string, partition: number, records: readonly OutRecord[]): Promise<bigint> {
    return this.#appender.append(this.#names.on(topic), partition, records);
  }

  /** Resolves when a broker answers, rejects when none does. */
  async ping(): Promise<void> {
    await this.#link.clusterInfo();
  }

  /**
   * Stops every stage after its transactions under way, then closes the connections; within the
   * stages' bound and a second more, even when no broker answers.
   */
  async stop(options: StopOptions = {}): Promise<void> {
    await Promise.allSettled(this.#stages.map((stage) => stage.stop(options)));
    this.#fetcher.stop();
    await this.#link.stop();
  }
}

/**
 * Connects to Kafka. Throws KAFKA_UNREACHABLE when no broker answers in time, and before that
 * CODEC_UNAVAILABLE when a codec that batches may come in cannot be loaded.
 */
export async function openBus(options: BusOptions): Promise<Bus> {
  const {
    logger,
    connectTimeoutMs,
    namePrefix = '',
    compression = 'none',
    ...connection
  } = options;
  checkCodecs();
  const link = new KafkaLink(connection, logger);
  await link.connect(connectTimeoutMs ?? 60_000);
  return new Bus(link, new NamePrefix(namePrefix), compression);
}
