import type { Bus, KafkaRecord } from '@sealstream/bus';
import type { DatasetTopics } from '@sealstream/contracts';
import { SearchedValues } from '../demo/searched-values.ts';
import { TopicWatch } from '../demo/topic-watch.ts';
import type { Dataset } from '@sealstream/policy';
import { isPerson, NUMBER_HEADER, type PeopleOptions, rawPerson } from './raw-people.ts';
import { type Partitions, type RawRecord, seenRecord, type SeenRecord } from './seen-records.ts';

export const OUTPUTS = ['accepted', 'rejected', 'masked', 'encrypted'] as const;
export type OutputName = (typeof OUTPUTS)[number];

/** What was read of the flow. */
export interface FlowView {
  readonly raw: Partitions<RawRecord>;
  readonly outputs: Readonly<Record<OutputName, Partitions<SeenRecord>>>;
}

export interface FlowWatchOptions {
  readonly bus: Bus;
  readonly dataset: Dataset;
  readonly partitions: number;
  readonly people: PeopleOptions;
}

/**
 * Reads raw and the outputs from their first records on, while faults are done to everybody else.
 * Raw is kept as it was read: ingest deletes behind itself.
 */
export class FlowWatch {
  readonly incarnation: string;
  /** Values of what stands in raw, to be searched for. */
  readonly values: SearchedValues;
  /** Keys and values of raw as they were read: where the search has to find them. */
  readonly rawCopies: Buffer[] = [];
  readonly #options: FlowWatchOptions;
  readonly #raw: RawRecord[][];
  readonly #outputs: Readonly<Record<OutputName, SeenRecord[][]>>;
  readonly #watches: Record<OutputName | 'raw', TopicWatch>;

  private constructor(options: FlowWatchOptions, incarnation: string) {
    const { bus, dataset, partitions } = options;
    this.#options = options;
    this.incarnation = incarnation;
    this.values = new SearchedValues(dataset);
    const empty = <T>() => Array.from({ length: partitions }, (): T[] => []);
    this.#raw = empty<RawRecord>();
    this.#outputs = {
      accepted: empty<SeenRecord>(),
      rejected: empty<SeenRecord>(),
      masked: empty<SeenRecord>(),
      encrypted: empty<SeenRecord>(),
    };
    const onRaw = (partition: number, record: KafkaRecord) => this.#addRaw(partition, record);
    this.#watches = {
      raw: new TopicWatch(bus, dataset.topics.raw, partitions, onRaw),
      accepted: this.#watchOf('accepted', 0n),
      rejected: this.#watchOf('rejected', 0n),
      masked: this.#watchOf('masked', 0n),
      encrypted: this.#watchOf('encrypted', 0n),
    };
  }

  static async open(options: FlowWatchOptions): Promise<FlowWatch> {
    const { raw } = options.dataset.topics;
    const [topic] = await options.bus.admin.topics([raw]);
    return new FlowWatch(options, topic.id.subarray(0, 4).toString('hex'));
  }

  /** Goes on growing; what it gives is not a copy. */
  get view(): FlowView {
    return { raw: this.#raw, outputs: this.#outputs };
  }

  /** Throws what ended the reading of a topic, if anything did. */
  requireReading(): void {
    for (const watch of Object.values(this.#watches)) watch.requireReading();
  }

  /** Where reading of a partition goes on. */
  position(topic: OutputName | 'raw', partition: number): number {
    return Number(this.#watches[topic].position(partition));
  }

  /** Reads an output again from what is its first record now, as after some were deleted. */
  async readAgain(output: OutputName): Promise<void> {
    await this.#watches[output].stop();
    for (const records of this.#outputs[output]) records.length = 0;
    this.#watches[output] = this.#watchOf(output, 'earliest');
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#watches).map((watch) => watch.stop()));
  }

  #watchOf(output: OutputName, from: bigint | 'earliest'): TopicWatch {
    const { bus, dataset, partitions } = this.#options;
    const onRecord = (partition: number, record: KafkaRecord) => {
      this.#outputs[output][partition].push(seenRecord(this.incarnation, partition, record));
    };
    return new TopicWatch(bus, dataset.topics[output], partitions, onRecord, from);
  }

  #addRaw(partition: number, { offset, key, value, headers }: KafkaRecord): void {
    const { people } = this.#options;
    const text = headers.find(([name]) => name === NUMBER_HEADER)?.[1]?.toString() ?? '';
    const number = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    const isGenuine = number >= 0 && value !== null && isPerson(people, number, value);
    this.#raw[partition].push({ at: Number(offset), number, isGenuine });
    if (!isGenuine) return;
    this.values.add(rawPerson(people, number));
    // Copied: what is read is a view into all that was fetched with it.
    for (const bytes of [key, value]) if (bytes !== null) this.rawCopies.push(Buffer.from(bytes));
  }
}

/** The outputs as they stand, read anew by our own client from their first record to their end. */
export async function readOutputs(
  { bus, dataset, partitions }: Omit<FlowWatchOptions, 'people'>,
  incarnation: string,
): Promise<FlowView['outputs']> {
  const read = async (topic: DatasetTopics[OutputName]): Promise<SeenRecord[][]> => {
    const seen = Array.from({ length: partitions }, (): SeenRecord[] => []);
    const starts = seen.map((_, partition) => ({ topic, partition, offset: 'earliest' as const }));
    for await (const { partition, records } of bus.read({ starts, until: 'end' }))
      for (const record of records)
        seen[partition].push(seenRecord(incarnation, partition, record));
    return seen;
  };
  const { accepted, rejected, masked, encrypted } = dataset.topics;
  return {
    accepted: await read(accepted),
    rejected: await read(rejected),
    masked: await read(masked),
    encrypted: await read(encrypted),
  };
}
