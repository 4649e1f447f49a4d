import { type Bus, openBus, type OutRecord } from '@sealstream/bus';
import type { Logger } from '@sealstream/contracts';
import { coordinateText, decodeSourceMark, markBytes } from '@sealstream/flow';
import type { StageName } from './options.ts';
import { keyOf, personJson } from './people.ts';

const silent = () => undefined;
const quiet: Logger = { debug: silent, info: silent, warn: silent, error: silent };

const CHUNK = 500;
/** Room for batches that grow: the plain loop sends what it fetched as one batch. */
const ROOMY = { 'max.message.bytes': String(16 * 1024 * 1024) };

/** The topics of the bench; those of the flow are named by the policy's dataset. */
export const RAW = 'raw.bench';
const OUTPUT: Readonly<Record<StageName, string>> = {
  ingest: 'accepted.bench',
  mask: 'masked.bench',
  encrypt: 'encrypted.bench',
};
const REJECTED = 'rejected.bench';
export const plainTopic = (stage: StageName) => `plain.${stage}`;

/** The bench's own view of Kafka: fills raw, and reads what came out. */
export class KafkaSide {
  readonly #bus: Bus;
  readonly #partitions: number;

  constructor(bus: Bus, partitions: number) {
    this.#bus = bus;
    this.#partitions = partitions;
  }

  static async open(brokers: string, partitions: number): Promise<KafkaSide> {
    const options = { brokers: brokers.split(','), clientId: 'bench', logger: quiet };
    return new KafkaSide(await openBus(options), partitions);
  }

  /** Makes raw and the plain loop's topics. Sealstream did not make raw, so ingest deletes nothing. */
  async makeTopics(stages: readonly StageName[]): Promise<void> {
    for (const topic of [RAW, ...stages.map(plainTopic)])
      await this.#bus.admin.createTopic(topic, this.#partitions, 1, {
        ...(topic === RAW ? { 'max.message.bytes': String(4 * 1024 * 1024) } : ROOMY),
      });
  }

  /** Writes `total` records to raw, spread evenly. */
  async fill(total: number, bytes: number, onRecords: (records: number) => void): Promise<void> {
    let written = 0;
    const fillPartition = async (partition: number) => {
      let chunk: OutRecord[] = [];
      const flush = async () => {
        await this.#bus.append(RAW, partition, chunk);
        written += chunk.length;
        onRecords(written);
        chunk = [];
      };
      for (let index = partition; index < total; index += this.#partitions) {
        chunk.push({ key: keyOf(index), value: personJson(index, bytes) });
        if (chunk.length >= CHUNK) await flush();
      }
      if (chunk.length > 0) await flush();
    };
    await Promise.all(Array.from({ length: this.#partitions }, (_, n) => fillPartition(n)));
  }

  /**
   * Reads a stage's output as a read_committed reader does.
   *
   * Throws unless each of the `total` raw records came out once, none was rejected, and no record
   * holds its SSN.
   */
  async checkOutcomes(stage: StageName, total: number): Promise<void> {
    const seen = new Set<string>();
    let records = 0;
    for await (const { value, headers } of this.#records(OUTPUT[stage])) {
      records += 1;
      seen.add(coordinateText(decodeSourceMark(markBytes(headers))));
      if (value === null || /"ssn":"\d{3}-\d{2}-\d{4}"/.test(value.toString('latin1')))
        throw new Error(`${OUTPUT[stage]} has a record that was not treated`);
    }
    const rejected = await this.#count(REJECTED);
    if (records !== total || seen.size !== total || rejected !== 0)
      throw new Error(
        `${stage}: of ${total} records ${records} came out, ${seen.size} different, ${rejected} rejected`,
      );
  }

  /** Throws unless the plain loop wrote `total` records. */
  async checkPlain(stage: StageName, total: number): Promise<void> {
    const records = await this.#count(plainTopic(stage));
    if (records !== total) throw new Error(`plain loop: of ${total} records ${records} came out`);
  }

  close(): Promise<void> {
    return this.#bus.stop();
  }

  async #count(topic: string): Promise<number> {
    let count = 0;
    for await (const _ of this.#records(topic)) count += 1;
    return count;
  }

  async *#records(topic: string) {
    const partitions = await this.#bus.admin.partitionCount(topic);
    const starts = Array.from({ length: partitions }, (_, partition) => ({
      topic,
      partition,
      offset: 'earliest' as const,
    }));
    for await (const { records } of this.#bus.read({ starts, until: 'end' })) yield* records;
  }
}
