import { type Logger, SealstreamError } from '@sealstream/contracts';
import { Redis } from 'ioredis';

/** Where our keys in Redis begin. */
const DEFAULT_PREFIX = 'sealstream:';

const CONNECT_TIMEOUT_MS = 5000;
const COMMAND_TIMEOUT_MS = 5000;
const RECONNECT_MS_MAX = 2000;
const SCAN_COUNT = 100;
/** While Redis is away the log says so this often. */
const SAY_MS = 30_000;

/**
 * Writes a document only over the one it was made from, and tells everyone. The whole document is
 * compared, which holds its version and more.
 */
const SWAP = `
local now = redis.call('GET', KEYS[1])
if (now or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1`;

export interface StoreOptions {
  readonly redisUrl: string;
  /** Default `sealstream:`. Keysets lie under `<prefix>keyset:<purpose>/<dataset>`. */
  readonly prefix?: string | undefined;
  readonly logger: Logger;
}

/**
 * Keysets in Redis: read, compare and set, notices. It believes nothing it reads; whoever calls
 * checks signatures and heads. Commands fail at once while Redis is away: REDIS_UNREACHABLE.
 */
export class KeysetStore {
  readonly #redis: Redis;
  readonly #options: StoreOptions;
  readonly #prefix: string;
  #subscriber: Redis | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#prefix = options.prefix ?? DEFAULT_PREFIX;
    this.#redis = connection(options);
  }

  /** Resolves when Redis answers; throws REDIS_UNREACHABLE, and goes on trying until stop. */
  async connect(): Promise<void> {
    await answered(this.#redis.connect());
  }

  /** The documents of the named keysets, null for what is not there. */
  async read(names: readonly string[]): Promise<(Buffer | null)[]> {
    if (names.length === 0) return [];
    return answered(this.#redis.mgetBuffer(names.map((name) => this.#keyOf(name))));
  }

  /** Replaces `before` (null: nothing) by `after`. False when something else stands there now. */
  async swap(name: string, before: Buffer | null, after: Buffer): Promise<boolean> {
    const old = before ?? Buffer.alloc(0);
    const done = await answered(
      this.#redis.eval(SWAP, 1, this.#keyOf(name), old, after, this.#channel, name),
    );
    return done === 1;
  }

  /** Takes a key id for good. False when it is taken. */
  async claimKeyId(id: string, name: string): Promise<boolean> {
    return (await answered(this.#redis.setnx(`${this.#prefix}key-id:${id}`, name))) === 1;
  }

  /** Names of all keysets there, sorted. */
  async names(): Promise<string[]> {
    const begin = this.#keyOf('');
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = await answered(
        this.#redis.scan(cursor, 'MATCH', `${escapeGlob(begin)}*`, 'COUNT', SCAN_COUNT),
      );
      for (const key of keys) found.add(key.slice(begin.length));
      cursor = next;
    } while (cursor !== '0');
    return [...found].sort();
  }

  /**
   * Calls `changed` when a keyset may have changed: on a notice, and whenever a connection is made,
   * since notices were lost before. Notices are hints; polling must find changes too.
   */
  watch(changed: () => void): void {
    const subscriber = connection(this.#options);
    this.#subscriber = subscriber;
    subscriber.on('ready', () => {
      subscriber.subscribe(this.#channel).then(changed, () => undefined);
    });
    subscriber.on('message', changed);
    this.#redis.on('ready', changed);
    for (const redis of [this.#redis, subscriber]) redis.connect().catch(() => undefined);
  }

  stop(): void {
    this.#redis.disconnect();
    this.#subscriber?.disconnect();
  }

  #keyOf(name: string): string {
    return `${this.#prefix}keyset:${name}`;
  }

  get #channel(): string {
    return `${this.#prefix}keyset-changed`;
  }
}

function connection({ redisUrl, logger }: StoreOptions): Redis {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    // A command waits for nothing and is never sent twice: whoever asked decides what to do.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), RECONNECT_MS_MAX),
    // Less to be allowed by an ACL: no INFO, no HELLO, no CLIENT.
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
    autoResubscribe: false,
  });
  let saidAt = Number.NEGATIVE_INFINITY;
  const say = (reason: string): void => {
    const now = performance.now();
    if (now - saidAt < SAY_MS) return;
    saidAt = now;
    logger.warn({ code: 'REDIS_UNREACHABLE', reason }, 'Redis is away');
  };
  redis.on('error', (error: Error & { code?: string }) => say(error.code ?? error.name));
  redis.on('reconnecting', () => say('closed'));
  return redis;
}

/** Errors of the client may quote commands and addresses, so none of them goes further. */
async function answered<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    const { code, name } = error as Error & { code?: string };
    throw new SealstreamError('REDIS_UNREACHABLE', { reason: code ?? name });
  }
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[\]\\]/g, String.raw`\$&`);
}
