import type { Bus } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';

const BATCH_RECORDS = 500;
const BATCH_BYTES = 512 * 1024;

/**
 * Writes values without a key to the partitions of a topic in turn, a batch each. One batch per
 * partition is under way at a time, which bounds memory and keeps order within a partition.
 */
export class SpreadWriter {
  readonly #bus: Pick<Bus, 'append'>;
  readonly #topic: string;
  readonly #underWay: Promise<unknown>[];
  #values: Buffer[] = [];
  #sizeBytes = 0;
  #partition = 0;
  #records = 0;
  #acked = 0;

  private constructor(bus: Pick<Bus, 'append'>, topic: string, partitions: number) {
    this.#bus = bus;
    this.#topic = topic;
    this.#underWay = Array.from({ length: partitions }, () => Promise.resolve());
  }

  /** @throws SealstreamError TOPIC_MISSING */
  static async open(bus: Pick<Bus, 'admin' | 'append'>, topic: string): Promise<SpreadWriter> {
    const partitions = await bus.admin.partitionCount(topic);
    if (partitions === 0) throw new SealstreamError('TOPIC_MISSING', { topic });
    return new SpreadWriter(bus, topic, partitions);
  }

  /** Values handed over so far; after end() all of them are on every in-sync replica. */
  get records(): number {
    return this.#records;
  }

  /** Values that are on every in-sync replica. */
  get acked(): number {
    return this.#acked;
  }

  async write(value: Buffer): Promise<void> {
    this.#values.push(value);
    this.#sizeBytes += value.length;
    this.#records += 1;
    if (this.#values.length >= BATCH_RECORDS || this.#sizeBytes >= BATCH_BYTES) await this.#send();
  }

  async end(): Promise<void> {
    await this.#send();
    await Promise.all(this.#underWay);
  }

  async #send(): Promise<void> {
    if (this.#values.length === 0) return;
    const partition = this.#partition;
    const records = this.#values.map((value) => ({ key: null, value }));
    this.#partition = (partition + 1) % this.#underWay.length;
    this.#values = [];
    this.#sizeBytes = 0;
    await this.#underWay[partition];
    const sent = this.#append(partition, records);
    // Awaited before the next batch of this partition, and at the end.
    sent.catch(() => undefined);
    this.#underWay[partition] = sent;
  }

  async #append(partition: number, records: { key: null; value: Buffer }[]): Promise<void> {
    await this.#bus.append(this.#topic, partition, records);
    this.#acked += records.length;
  }
}
