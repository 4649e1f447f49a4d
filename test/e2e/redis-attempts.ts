import { Redis } from 'ioredis';

/** As much of COMMAND's answer as it takes to send one that Redis looks at. */
export interface RedisCommand {
  readonly name: string;
  /** Number of words with the name; at least so many where it is negative. */
  readonly arity: number;
}

/** `allowed`, or the word that Redis refused with. */
export type Outcome = string;

/** Who signs in, where anybody does. */
export interface RedisSignIn {
  readonly user: string;
  readonly password: string;
}

type Words = readonly [string, ...(string | number)[]];

const WAIT_MS = 30_000;
/** Nothing of the flow stands there. */
export const NOBODYS_KEY = 'attempts-tried';

/** What changes the connection that it comes on, and so gets one of its own. */
const STATEFUL = new Set(
  (
    'auth hello reset select multi watch client monitor ' +
    'subscribe psubscribe unsubscribe punsubscribe'
  ).split(' '),
);

/** How a key is named in a command that takes one; what a command has beside it is harmless. */
const WITH_KEY: Readonly<Record<string, (key: string) => Words>> = {
  get: (key) => ['GET', key],
  mget: (key) => ['MGET', key, key],
  lrange: (key) => ['LRANGE', key, 0, -1],
  llen: (key) => ['LLEN', key],
  rpush: (key) => ['RPUSH', key, 'x'],
  set: (key) => ['SET', key, '1'],
  setnx: (key) => ['SETNX', key, '1'],
  del: (key) => ['DEL', key],
  incrby: (key) => ['INCRBY', key, 1],
  sadd: (key) => ['SADD', key, 'x'],
  sismember: (key) => ['SISMEMBER', key, 'x'],
  srem: (key) => ['SREM', key, 'x'],
  smembers: (key) => ['SMEMBERS', key],
  zadd: (key) => ['ZADD', key, 1, 'x'],
  zrem: (key) => ['ZREM', key, 'x'],
  zcard: (key) => ['ZCARD', key],
  zrange: (key) => ['ZRANGE', key, 0, -1],
  zremrangebyscore: (key) => ['ZREMRANGEBYSCORE', key, 0, 1],
  pexpireat: (key) => ['PEXPIREAT', key, '4102444800000'],
  eval: (key) => ['EVAL', 'return 1', 1, key],
  subscribe: (channel) => ['subscribe', channel],
  publish: (channel) => ['PUBLISH', channel, 'x'],
};

/** Tells of each command of a list what came of it in a script. KEYS: one. ARGV: the list as JSON. */
const SCRIPT = `
local said = {}
for index, words in ipairs(cjson.decode(ARGV[1])) do
  local answer = redis.pcall(unpack(words))
  said[index] = type(answer) == 'table' and answer.err or 'done'
end
return said`;

/** Tries for real what somebody might do at a Redis that speaks TLS. */
export class RedisAttempts {
  readonly #port: number;
  readonly #ca: string;
  readonly #signIn: RedisSignIn | undefined;

  /** @param ca the authority to believe, as PEM */
  constructor(port: number, ca: string, signIn?: RedisSignIn) {
    this.#port = port;
    this.#ca = ca;
    this.#signIn = signIn;
  }

  /** Every command that the server has. */
  async commands(): Promise<RedisCommand[]> {
    const redis = await this.#open();
    const listed = (await redis.call('COMMAND')) as [string, number][];
    redis.disconnect();
    const commands = listed.map(([name, arity]) => ({ name, arity }));
    return commands.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whether commands are for this user, whatever they are about. */
  async onCommands(commands: readonly RedisCommand[]): Promise<[name: string, Outcome][]> {
    const tried = commands.map(({ arity, name }) => {
      return [name, wordsOf(name, arity, NOBODYS_KEY)] as const;
    });
    const said = await this.#all(tried);
    return said.map(([name, outcome]) => [name, outcome === ABOUT_OTHERS ? 'allowed' : outcome]);
  }

  /** Whether a command may be about a key, or a channel. */
  async onKeys(command: string, keys: readonly string[]): Promise<[key: string, Outcome][]> {
    const withKey = WITH_KEY[command];
    if (withKey === undefined) throw new Error(`nothing is said here of how ${command} has a key`);
    const said = await this.#all(keys.map((key) => [key, withKey(key)]));
    return said.map(([key, outcome]) => [key, outcome === ABOUT_OTHERS ? 'NOPERM' : outcome]);
  }

  /** Whether commands are for this user in a script that was given a key of its own. */
  async inScript(
    commands: readonly RedisCommand[],
    key: string,
    about = key,
  ): Promise<[name: string, Outcome][]> {
    const lists = commands.map(({ arity, name }) => wordsOf(name, arity, about));
    const redis = await this.#open();
    const said = (await redis.call('EVAL', SCRIPT, 1, key, JSON.stringify(lists))) as string[];
    redis.disconnect();
    return commands.map(({ name }, at) => [name, inScriptOutcome(said[at])]);
  }

  async #all(tried: readonly (readonly [what: string, Words])[]): Promise<[string, Outcome][]> {
    const shared = await this.#open();
    const outcomes: [string, Outcome][] = [];
    for (const [what, words] of tried) {
      const own = STATEFUL.has(words[0]) ? await this.#open() : undefined;
      outcomes.push([what, await outcomeOf(own ?? shared, words)]);
      own?.disconnect();
    }
    shared.disconnect();
    return outcomes;
  }

  /** A connection on which the user has signed in, or was refused. */
  async #open(): Promise<Redis> {
    const redis = new Redis({
      host: '127.0.0.1',
      port: this.#port,
      tls: { ca: this.#ca },
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      commandTimeout: WAIT_MS,
      enableReadyCheck: false,
      disableClientInfo: true,
      protocol: 2,
    });
    redis.on('error', () => undefined);
    if (this.#signIn === undefined) return redis;
    const { password, user } = this.#signIn;
    await redis.call('AUTH', user, password).catch((error: unknown) => {
      if (!wordIn(error, /^WRONGPASS/)) throw error;
    });
    return redis;
  }
}

/** Refused for the key, so that the command is allowed. */
const ABOUT_OTHERS = 'allowed, of other keys';

const wordsOf = (name: string, arity: number, about: string): Words => [
  name,
  ...Array.from({ length: Math.abs(arity) - 1 }, () => about),
];

async function outcomeOf(redis: Redis, [command, ...rest]: Words): Promise<Outcome> {
  try {
    await redis.call(command, ...rest);
    return 'allowed';
  } catch (error) {
    if (wordIn(error, /^(EXECABORT .*)?NOAUTH/)) return 'NOAUTH';
    if (wordIn(error, /NOPERM .*(keys|channels) /)) return ABOUT_OTHERS;
    if (wordIn(error, /^(EXECABORT .*)?NOPERM/)) return 'NOPERM';
    // Of any other reply it is the words that are wrong, and not who sends them.
    if (error instanceof Error && error.name === 'ReplyError') return 'allowed';
    throw error;
  }
}

function wordIn(error: unknown, said: RegExp): boolean {
  return error instanceof Error && error.name === 'ReplyError' && said.test(error.message);
}

function inScriptOutcome(said = ''): Outcome {
  if (/user executing the script can't (run|access)/.test(said)) return 'NOPERM';
  if (/not allowed from scripts/.test(said)) return 'NOSCRIPT';
  return 'allowed';
}
