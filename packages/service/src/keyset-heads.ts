import type { Bus } from '@sealstream/bus';
import { KEYRING_TOPIC, SealstreamError } from '@sealstream/contracts';
import type { KeysetHeads } from '@sealstream/keyring';

/** One partition, so that all versions of all keysets stand in one order. */
const PARTITION = 0;

/**
 * The heads of all keysets on the compacted topic `keyring`: package keyring's KeysetHeads.
 *
 * Promises: load() gives the last document written for each keyset, read to the end as it stood at
 * the call; publish() resolves when every in-sync replica has the document. A tombstone takes no
 * head back: a keyset is destroyed by a signed document that says so, never by silence.
 */
export class KafkaKeysetHeads implements KeysetHeads {
  readonly #bus: Pick<Bus, 'admin' | 'append' | 'read'>;

  constructor(bus: Pick<Bus, 'admin' | 'append' | 'read'>) {
    this.#bus = bus;
  }

  /**
   * Latest document by `purpose/dataset`.
   *
   * @throws SealstreamError TOPIC_MISSING
   */
  async load(): Promise<ReadonlyMap<string, Uint8Array>> {
    if ((await this.#bus.admin.partitionCount(KEYRING_TOPIC)) === 0)
      throw new SealstreamError('TOPIC_MISSING', { topic: KEYRING_TOPIC });
    const heads = new Map<string, Uint8Array>();
    const starts = [{ topic: KEYRING_TOPIC, partition: PARTITION, offset: 'earliest' }] as const;
    for await (const { records } of this.#bus.read({ starts, until: 'end' }))
      for (const { key, value } of records)
        if (key !== null && value !== null) heads.set(key.toString('utf8'), Buffer.from(value));
    return heads;
  }

  /** @throws SealstreamError KAFKA_REFUSED, TOPIC_MISSING */
  async requireWritable(): Promise<void> {
    if (await this.#bus.admin.mayAppend(KEYRING_TOPIC)) return;
    const refusal = 'TOPIC_AUTHORIZATION_FAILED';
    throw new SealstreamError('KAFKA_REFUSED', { topic: KEYRING_TOPIC, refusal });
  }

  async publish(name: string, document: Uint8Array): Promise<void> {
    const record = { key: Buffer.from(name, 'utf8'), value: Buffer.from(document) };
    await this.#bus.append(KEYRING_TOPIC, PARTITION, [record]);
  }
}
