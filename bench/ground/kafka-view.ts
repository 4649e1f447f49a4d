import { type Bus, type KafkaRecord, openBus, type OutRecord } from '@sealstream/bus';
import type { Logger } from '@sealstream/contracts';
import { keyOf, personJson } from './people.ts';

const silent = () => undefined;
const quiet: Logger = { debug: silent, info: silent, warn: silent, error: silent };

const CHUNK = 500;
/** Room for batches that grow: the plain loop sends what it fetched as one batch. */
export const ROOMY = { 'max.message.bytes': String(16 * 1024 * 1024) };

/** The bench's own view of Kafka: makes topics, fills them, and reads what came out. */
export class KafkaView {
  readonly bus: Bus;
  readonly partitions: number;

  private constructor(bus: Bus, partitions: number) {
    this.bus = bus;
    this.partitions = partitions;
  }

  static async open(brokers: string, partitions: number): Promise<KafkaView> {
    const options = { brokers: brokers.split(','), clientId: 'bench', logger: quiet };
    return new KafkaView(await openBus(options), partitions);
  }

  async makeTopics(topics: readonly string[], settings: Record<string, string> = ROOMY) {
    for (const topic of topics)
      await this.bus.admin.createTopic(topic, this.partitions, 1, settings);
  }

  /** Writes invented customers 0, 1, 2, … to a topic, spread evenly: n to partition n mod count. */
  async fill(
    topic: string,
    total: number,
    bytes: number,
    onRecords: (records: number) => void,
  ): Promise<void> {
    let written = 0;
    const fillPartition = async (partition: number) => {
      let chunk: OutRecord[] = [];
      const flush = async () => {
        await this.bus.append(topic, partition, chunk);
        written += chunk.length;
        onRecords(written);
        chunk = [];
      };
      for (let index = partition; index < total; index += this.partitions) {
        chunk.push({ key: keyOf(index), value: personJson(index, bytes) });
        if (chunk.length >= CHUNK) await flush();
      }
      if (chunk.length > 0) await flush();
    };
    await Promise.all(Array.from({ length: this.partitions }, (_, n) => fillPartition(n)));
  }

  /** Where the committed records of each partition end now. */
  async ends(topic: string): Promise<bigint[]> {
    const partitions = await this.bus.admin.partitionCount(topic);
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    return this.bus.admin.offsets(topic, all, 'latest');
  }

  /**
   * What a reader of committed records sees of a topic up to its end, in order per partition; from the
   * beginning, or from one offset in each partition.
   */
  async *records(
    topic: string,
    from?: readonly bigint[],
  ): AsyncGenerator<KafkaRecord & { readonly partition: number }> {
    const partitions = await this.bus.admin.partitionCount(topic);
    const starts = Array.from({ length: partitions }, (_, partition) => ({
      topic,
      partition,
      offset: from?.[partition] ?? ('earliest' as const),
    }));
    for await (const { partition, records } of this.bus.read({ starts, until: 'end' }))
      for (const record of records) yield { ...record, partition };
  }

  async count(topic: string): Promise<number> {
    let count = 0;
    for await (const _ of this.records(topic)) count += 1;
    return count;
  }

  /** Throws unless a topic has exactly so many records. */
  async checkCount(topic: string, total: number): Promise<void> {
    const count = await this.count(topic);
    if (count !== total) throw new Error(`${topic}: of ${total} records ${count} came out`);
  }

  close(): Promise<void> {
    return this.bus.stop();
  }
}
