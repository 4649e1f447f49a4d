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

/** Nobody's work on an alert lasts longer; what is left of others goes by itself. */
const KEPT_SECONDS = 90 * 86_400;

/**
 * Acknowledgements in Redis, by alert.
 *
 * Promises: one that cannot be read is none, so that its alert shows as if nobody had seen it.
 */
export class Acknowledgements {
  readonly #link: Pick<RedisLink, 'prefix' | 'redis' | 'writer'>;

  constructor(link: Pick<RedisLink, 'prefix' | 'redis' | 'writer'>) {
    this.#link = link;
  }

  /** Those of the alerts named. @throws SealstreamError REDIS_UNREACHABLE, REDIS_REFUSED */
  async of(ids: readonly string[]): Promise<ReadonlyMap<string, Acknowledgement>> {
    if (ids.length === 0) return new Map();
    const found = await answered(this.#link.redis.mget(ids.map((id) => this.#keyOf(id))));
    return new Map(
      found.flatMap((text, at) => {
        const kept = text === null ? undefined : read(text);
        return kept === undefined ? [] : [[ids[at], kept] as const];
      }),
    );
  }

  /** In the place of what was there. @throws SealstreamError REDIS_UNREACHABLE, REDIS_REFUSED */
  async put(id: string, kept: Acknowledgement): Promise<void> {
    const text = JSON.stringify(kept);
    await answered(this.#link.writer.set(this.#keyOf(id), text, 'EX', KEPT_SECONDS));
  }

  #keyOf(id: string): string {
    return `${this.#link.prefix}acknowledged:${id}`;
  }
}

function read(text: string): Acknowledgement | undefined {
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
