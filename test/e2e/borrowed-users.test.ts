import { join } from 'node:path';
import { type ServiceName, SERVICES } from '@sealstream/contracts';
import { kafkaUsers } from '@sealstream/service';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../tools/stack/paths.ts';
import { ADMIN } from '../../tools/stack/secure-files.ts';
import { type OtherLinks, SecureFlow } from './secure-flow.ts';

// Every service as everybody else: at Kafka, and at Redis where it has keys there. Each start is that of the
// program, within this process. That each runs as itself, on servers of the same kind, is in secure-links.test.ts.

/** The program of a service, as it is shipped: gives what stops it. */
interface Program {
  readonly start: (env: NodeJS.ProcessEnv) => Promise<() => Promise<void>>;
}

interface OfOurs {
  readonly code: string;
  readonly place: { readonly refusal?: string };
}

/** Longer than a broker is given to know a new user's rights; Redis is asked until it is over. */
const QUIETLY = { SEALSTREAM_START_WAIT: '20s', SEALSTREAM_LOG_LEVEL: 'error' };
/** Users of Redis that may read every keyset. */
const READ_ALL = ['access-read', 'access-keys', 'operator'];

let flow: SecureFlow;
beforeAll(async () => {
  flow = await SecureFlow.open();
}, 600_000);
afterAll(async () => flow?.close());

/** What comes of a start: `starts`, or the code and what the server refused it with. */
async function outcomeOf(
  name: ServiceName,
  user: string,
  other: OtherLinks = {},
  tries = 4,
): Promise<string> {
  const more = { ...other.more, ...QUIETLY };
  const settings = flow.settings(name, flow.users.kafkaSettings(user), { ...other, more });
  const { start } = (await import(join(ROOT, 'services', name, 'dist', 'main.js'))) as Program;
  try {
    const stop = await start(settings);
    await stop();
    return 'starts';
  } catch (error) {
    const { code, place } = ours(error);
    // Too many starts at once for a machine that is busy: that is nobody's refusal.
    if (code === 'KAFKA_UNREACHABLE' && tries > 1) return outcomeOf(name, user, other, tries - 1);
    return [code, place.refusal ?? []].flat().join(' ');
  }
}

/** By its form, since what was built has classes of its own; anything else is thrown on. */
function ours(error: unknown): OfOurs {
  if (!(error instanceof Error) || !('code' in error) || !('place' in error)) throw error;
  return error as Error & OfOurs;
}

/** Of each of some users what comes of it, all at once: most of a start is waiting. */
async function outcomesOf(
  users: readonly string[],
  outcome: (user: string) => Promise<string>,
): Promise<Record<string, string>> {
  const all = users.map(async (user) => [user, await outcome(user)] as const);
  return Object.fromEntries(await Promise.all(all));
}

const KAFKA_USERS = kafkaUsers([]).map(({ name }) => name);
/** As whom each service goes; access by the second where it has the signer. */
const OWN = (name: ServiceName) => (name === 'access' ? ['access', 'access-keys'] : [name]);

test.each(SERVICES)(
  '%s starts as no other user of Kafka, and says what was refused',
  async (name) => {
    const others = KAFKA_USERS.filter((user) => !OWN(name).includes(user));
    expect(others.length).toBeGreaterThan(8);
    const outcomes = await outcomesOf(others, (user) => outcomeOf(name, user));
    const refused = 'KAFKA_REFUSED TOPIC_AUTHORIZATION_FAILED';
    expect(outcomes).toEqual(Object.fromEntries(others.map((user) => [user, refused])));
  },
  300_000,
);

/** Who may read what the service reads, by what deploy/redis gives them, so that it starts as them as well. */
const AT_REDIS: readonly [ServiceName, string, readonly string[]][] = [
  ['ingest', 'REDIS_URL', ['ingest', ...READ_ALL]],
  ['mask', 'REDIS_URL', ['mask', ...READ_ALL]],
  ['encrypt', 'REDIS_URL', ['encrypt', ...READ_ALL]],
  ['access', 'REDIS_URL', READ_ALL],
  ['access', 'SEALSTREAM_ACCOUNTS_REDIS_URL', ['access', 'operator']],
];

// Together: each refusal takes as long as a start may wait.
test.concurrent.each(AT_REDIS)(
  '%s with %s starts as %s, and as no other user of Redis',
  async (name, setting, own) => {
    const users = Object.keys(flow.users.files.redis).filter((user) => user !== ADMIN);
    const outcomes = await outcomesOf(users, (user) => {
      const url = flow.users.redisUrl(user);
      const other = setting === 'REDIS_URL' ? { redisUrl: url } : { more: { [setting]: url } };
      return outcomeOf(name, name, other);
    });
    const expected = users.map((user) => [user, own.includes(user) ? 'starts' : 'REDIS_REFUSED']);
    expect(outcomes).toEqual(Object.fromEntries(expected));
  },
  300_000,
);
