import { Random } from '../../../../tools/demo/random.ts';
import type { Header } from '../../src/records.ts';
import type { BatchToEncode, PlainRecord } from './fault-client.ts';

const POOL_BYTES = 128 * 1024;
/** 13 digits, so that their order as text is their order as numbers; and past, as brokers demand. */
const FIRST_MS = 1_000_000_000_000;
const LAST_MS = 1_700_000_000_000;
const TAME_NAMES = ['', 'a', 'trace-id', 'ключ', 'Content-Type', 'x'.repeat(200), '1a', '-1', '01'];
/** Names that an object with headers as its properties cannot hold in order. */
const WILD_NAMES = ['2', '1', 'a', 'constructor', '__proto__', 'toString', 'trace-id'];

/** Record batches that follow from a seed. */
export class RandomBatches {
  readonly #random: Random;
  readonly #pool: Buffer;

  constructor(seed: string) {
    this.#random = new Random(seed, 'batches');
    this.#pool = Buffer.alloc(POOL_BYTES);
    for (let at = 0; at < POOL_BYTES; at += 4) this.#pool.writeUInt32BE(this.#random.next(), at);
  }

  /** A batch whose bytes stock kafkajs gets right. */
  next(): BatchToEncode {
    const random = this.#random;
    const length = random.chance(0.005) ? random.between(100, 400) : random.between(1, 6);
    let timestamp = random.between(FIRST_MS, LAST_MS);
    const records = Array.from({ length }, () => {
      if (random.chance(0.5)) timestamp += random.below(2 ** random.between(0, 34));
      return { ...this.#keyAndValue(), headers: this.#tameHeaders(), timestamp };
    });
    return {
      records,
      producerId: BigInt(random.next()) << BigInt(random.below(30)),
      producerEpoch: random.below(2 ** 15),
      baseSequence: random.below(2 ** 31),
      transactional: random.chance(0.5),
    };
  }

  /** A record as the format allows it, with header values in hexadecimal, which any tool prints. */
  wildRecord(): PlainRecord {
    const random = this.#random;
    const headers = Array.from({ length: random.below(5) }, (): Header => {
      const value = Buffer.from(this.#bytes(random.below(20)).toString('hex'));
      return [random.pick(WILD_NAMES), random.chance(0.2) ? null : value];
    });
    const timestamp = random.chance(0.1) ? random.below(3) : random.below(LAST_MS);
    return { ...this.#keyAndValue(), headers, timestamp };
  }

  #bytes(length: number): Buffer {
    const from = this.#random.below(POOL_BYTES - length);
    return Buffer.from(this.#pool.subarray(from, from + length));
  }

  #nullable(): Buffer | null {
    const random = this.#random;
    if (random.chance(0.1)) return null;
    if (random.chance(0.1)) return Buffer.alloc(0);
    // Around the sizes at which a length takes one byte more, and now and then a large one.
    if (random.chance(0.06)) return this.#bytes(random.pick([63, 64, 127, 128, 8191, 8192]));
    return this.#bytes(random.chance(0.001) ? random.below(POOL_BYTES) : random.below(120));
  }

  #keyAndValue(): { key: Buffer | null; value: Buffer | null } {
    return { key: this.#nullable(), value: this.#nullable() };
  }

  #tameHeaders(): Header[] {
    const random = this.#random;
    if (random.chance(0.5)) return [];
    const names = new Set(Array.from({ length: random.below(5) }, () => random.pick(TAME_NAMES)));
    return Array.from(names, (name): Header => [name, this.#nullable() ?? Buffer.alloc(0)]);
  }
}
