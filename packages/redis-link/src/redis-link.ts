import { type Logger, SealstreamError } from '@sealstream/contracts';
import { Redis } from 'ioredis';

/** Where our keys in Redis begin. */
const DEFAULT_PREFIX = 'sealstream:';

const CONNECT_TIMEOUT_MS = 5000;
const COMMAND_TIMEOUT_MS = 5000;
const RECONNECT_MS_MAX = 2000;
/** Keys that Redis looks at in one step of a scan; it serves nobody else meanwhile. */
const SCAN_COUNT = 1000;
/** While Redis is away the log says so this often. */
const SAY_MS = 30_000;

/** How Redis is reached. */
export interface RedisOptions {
  readonly redisUrl: string;
  /** Authorities (PEM) to trust with `rediss:`; default: the system's. */
  readonly redisTlsCa?: string | undefined;
  /** Default `sealstream:`. Keysets lie under `<prefix>keyset:<purpose>/<dataset>`. */
  readonly prefix?: string | undefined;
  readonly logger: Logger;
}

export interface StoreOptions extends RedisOptions {
  /** As a user that may create subject keys and count uses; default: the same as redisUrl. */
  readonly redisWriteUrl?: string | undefined;
}

/**
 * One process's connection to Redis, which several stores share, and the notices on it. Commands
 * fail at once while Redis is away: REDIS_UNREACHABLE.
 */
export class RedisLink {
  readonly redis: Redis;
  /** For what a service writes: the same connection, or that of a user of its own. */
  readonly writer: Redis;
  readonly prefix: string;
  readonly #options: StoreOptions;
  #subscriber: Redis | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.prefix = options.prefix ?? DEFAULT_PREFIX;
    this.redis = connection(options);
    const { redisWriteUrl: redisUrl } = options;
    this.writer = redisUrl === undefined ? this.redis : connection({ ...options, redisUrl });
  }

  /** Where changes of signed documents are told, by name. */
  get channel(): string {
    return `${this.prefix}keyset-changed`;
  }

  /**
   * Resolves when Redis answers, and goes on trying until stop.
   *
   * @throws SealstreamError REDIS_UNREACHABLE, whose reason may be that of its certificate; REDIS_REFUSED
   *   when name and password are not taken
   */
  async connect(): Promise<void> {
    await answered(Promise.all(Array.from(this.#own, connected)));
  }

  /** Names of all keys that begin so, without the beginning, some at a time; some may come twice. */
  async *scan(begin: string): AsyncGenerator<string[]> {
    const pattern = `${escapeGlob(begin)}*`;
    let cursor = '0';
    do {
      const step = this.redis.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
      const [next, keys] = await answered(step);
      cursor = next;
      if (keys.length > 0) yield keys.map((key) => key.slice(begin.length));
    } while (cursor !== '0');
  }

  /**
   * Calls `changed` with the name of a document that may have changed, and with none whenever a
   * connection is made, since notices were lost before. Notices are hints; polling must find
   * changes too.
   */
  watch(changed: (name?: string) => void): void {
    const subscriber = connection(this.#options);
    this.#subscriber = subscriber;
    subscriber.on('ready', () => {
      subscriber.subscribe(this.channel).then(
        () => changed(),
        () => undefined,
      );
    });
    subscriber.on('message', (_channel, name) => changed(name));
    this.redis.on('ready', () => changed());
    for (const redis of [...this.#own, subscriber]) redis.connect().catch(() => undefined);
  }

  stop(): void {
    for (const redis of this.#own) redis.disconnect();
    this.#subscriber?.disconnect();
  }

  get #own(): Set<Redis> {
    return new Set([this.redis, this.writer]);
  }
}

/** What went wrong last with a connection: the client says of each only that it is closed. */
const LAST_ERRORS = new WeakMap<Redis, Error>();

async function connected(redis: Redis): Promise<void> {
  try {
    await redis.connect();
  } catch (error) {
    throw LAST_ERRORS.get(redis) ?? error;
  }
}

function connection({ redisUrl, redisTlsCa: ca, logger }: StoreOptions): Redis {
  const redis = new Redis(redisUrl, {
    ...(ca === undefined ? {} : { tls: { ca } }),
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
  const say = (code: 'REDIS_UNREACHABLE' | 'REDIS_REFUSED', problem: string): void => {
    const now = performance.now();
    if (now - saidAt < SAY_MS) return;
    saidAt = now;
    logger.warn({ code, problem }, 'Redis is away');
  };
  redis.on('error', (error: Error) => {
    LAST_ERRORS.set(redis, error);
    const refusal = refusalOf(error);
    if (refusal === undefined) say('REDIS_UNREACHABLE', wordOf(error));
    else say('REDIS_REFUSED', refusal);
  });
  redis.on('reconnecting', () => say('REDIS_UNREACHABLE', 'closed'));
  return redis;
}

/** Refusals of a server that answers; the first word of its reply, and nothing else of it is told. */
const REFUSALS = [
  'OOM',
  'NOPERM',
  'READONLY',
  'MISCONF',
  'NOREPLICAS',
  'WRONGTYPE',
  // Name and password were not taken, or there were none.
  'WRONGPASS',
  'NOAUTH',
] as const;

/** Errors of the client may quote commands and addresses, so none of them goes further. */
export async function answered<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    const refusal = refusalOf(error as Error);
    if (refusal !== undefined) throw new SealstreamError('REDIS_REFUSED', { reason: refusal });
    throw new SealstreamError('REDIS_UNREACHABLE', { reason: wordOf(error as Error) });
  }
}

function refusalOf({ message, name }: Error): (typeof REFUSALS)[number] | undefined {
  return REFUSALS.find((word) => name === 'ReplyError' && refuses(message, word));
}

/** The code of the system or of TLS, or what kind of error it is. */
function wordOf(error: Error & { code?: string }): string {
  return error.code ?? error.name;
}

/** What Redis 6.2 and 7 say when a script may not do something. */
const NO_PERMISSION = ['The user executing the script', 'ACL failure in script'];

/** Also when a script met the refusal: then Redis writes words of its own before it. */
function refuses(message: string, word: (typeof REFUSALS)[number]): boolean {
  if (word === 'NOPERM' && NO_PERMISSION.some((text) => message.includes(text))) return true;
  return message.startsWith(`${word} `) || message.includes(`-${word} `);
}

function escapeGlob(text: string): string {
  return text.replaceAll(/[*?[\]\\]/g, String.raw`\$&`);
}
