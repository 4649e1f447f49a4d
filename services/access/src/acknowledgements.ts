import { answered, type RedisLink } from '@sealstream/redis-link';
import { z } from 'zod';

/** That somebody has seen an alert, and looks after it. */
export interface Acknowledgement {
  /** When the firing began that it is of: of another firing it says nothing. */
  readonly firing: string;
  readonly by: string;
  readonly at: string;
  readonly note?: string | undefined;
}

const Kept = z.object({
  firing: z.string(),
  by: z.string(),
  at: z.string(),
  note: z.string().optional(),
});

/** Alerts that are gone leave theirs behind; beyond so many those are cleared. */
const MOST = 1000;

/**
 * Acknowledgements in Redis, by alert.
 *
 * Promises: one that cannot be read is none, so that its alert shows as if nobody had seen it.
 */
export class Acknowledgements {
  readonly #link: Pick<RedisLink, 'redis' | 'writer'>;
  readonly #key: string;

  constructor(link: Pick<RedisLink, 'prefix' | 'redis' | 'writer'>) {
    this.#link = link;
    this.#key = `${link.prefix}acknowledged`;
  }

  /** @throws SealstreamError REDIS_UNREACHABLE, REDIS_REFUSED */
  async all(): Promise<ReadonlyMap<string, Acknowledgement>> {
    const found = await answered(this.#link.redis.hgetall(this.#key));
    return new Map(
      Object.entries(found).flatMap(([id, text]) => {
        const kept = read(text);
        return kept === undefined ? [] : [[id, kept] as const];
      }),
    );
  }

  /**
   * @param firing ids of the alerts that fire now; those of others may go
   * @throws SealstreamError REDIS_UNREACHABLE, REDIS_REFUSED
   */
  async put(id: string, kept: Acknowledgement, firing: ReadonlySet<string>): Promise<void> {
    const { writer } = this.#link;
    await answered(writer.hset(this.#key, id, JSON.stringify(kept)));
    if ((await answered(writer.hlen(this.#key))) <= MOST) return;
    const gone = (await answered(writer.hkeys(this.#key))).filter((other) => !firing.has(other));
    if (gone.length > 0) await answered(writer.hdel(this.#key, ...gone));
  }
}

function read(text: string): Acknowledgement | undefined {
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
