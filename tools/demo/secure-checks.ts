import { SealstreamError } from '@sealstream/contracts';
import { Redis } from 'ioredis';
import { checkLinks, type LinksVerdict } from './checks/links.ts';
import type { Verdict } from './checks/check.ts';
import { type Attempt, type AttemptOutcome, checkUsers } from './checks/users.ts';
import { QUIET } from './ground.ts';
import { linksSeen } from './links-seen.ts';
import type { SecureUsers } from './secure-users.ts';
import { answerOf } from './service-processes.ts';
import type { DemoSession } from './session.ts';

const WAIT_MS = 5_000;

const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));

/** Every port and connection of the servers, the services and the demo itself. */
export async function linksOf(session: DemoSession, users: SecureUsers): Promise<LinksVerdict> {
  const { services } = session;
  const { certificatesBrokers = '', kafkaBrokers, pids } = users.stack;
  const owners = new Map<number, string>([
    [process.pid, 'the demo'],
    ...Object.entries(pids).map(([name, pid]) => [pid, name] as const),
    ...services.map(({ name, process: { pid } }) => [pid, name] as const),
  ]);
  const wanted = [
    { owner: 'kafka', port: portOf(kafkaBrokers) },
    { owner: 'kafka', port: portOf(certificatesBrokers) },
    { owner: 'redis', port: users.redisPort },
    ...services.flatMap(({ accessPort, name, url }) => [
      { owner: name, port: portOf(url) },
      ...(accessPort === undefined ? [] : [{ owner: name, port: accessPort }]),
    ]),
  ];
  return checkLinks(await linksSeen({ owners, wanted, ca: users.ca }));
}

/** Tries at Kafka, Redis and access who is wrong, and beside each who is right. */
export async function usersTried(session: DemoSession, users: SecureUsers): Promise<Verdict> {
  const { topics } = session.ground.dataset;
  const kafka = (user: string, topic: string, password?: string) =>
    kafkaOutcome(users, user, topic, password);
  const redis = (purpose: string, user?: string, password?: string) =>
    redisOutcome(users, `sealstream:keyset:${purpose}/people`, user, password);
  const tries: readonly [string, Attempt['wanted'], Promise<AttemptOutcome>][] = [
    ['mask at Kafka', 'let in', kafka('mask', topics.accepted)],
    ['mask at Kafka, wrong password', 'refused', kafka('mask', topics.accepted, 'wrong')],
    ['nobody at Kafka', 'refused', kafka('nobody', topics.accepted, 'wrong')],
    ['consumer-masked on masked', 'let in', kafka('consumer-masked', topics.masked)],
    ['consumer-masked on raw', 'refused', kafka('consumer-masked', topics.raw)],
    ['producer on masked', 'refused', kafka('producer', topics.masked)],
    ['mask at Redis', 'let in', redis('hash', 'mask')],
    ['mask at Redis, wrong password', 'refused', redis('hash', 'mask', 'wrong')],
    ["mask on encrypt's keys at Redis", 'refused', redis('field', 'mask')],
    ['nobody at Redis', 'refused', redis('hash')],
    ['nobody at access, its health', 'let in', accessOutcome(session, '/livez')],
    ['nobody at access, the flow', 'refused', accessOutcome(session, '/v1/flow')],
  ];
  const attempts = tries.map(async ([what, wanted, outcome]) => {
    return { what, wanted, seen: await outcome };
  });
  return checkUsers(await Promise.all(attempts));
}

async function kafkaOutcome(
  users: SecureUsers,
  user: string,
  topic: string,
  password: string | undefined,
): Promise<AttemptOutcome> {
  const changed = password === undefined ? {} : { password };
  try {
    const bus = await users.bus(user, QUIET, { ...changed, connectTimeoutMs: WAIT_MS });
    try {
      await bus.admin.partitionCount(topic);
    } finally {
      await bus.stop();
    }
    return 'let in';
  } catch (error) {
    if (!(error instanceof SealstreamError)) throw error;
    return error.code === 'KAFKA_REFUSED' ? 'refused' : 'no answer';
  }
}

/** Reads a key; a user that is none is not sent. */
async function redisOutcome(
  users: SecureUsers,
  key: string,
  user: string | undefined,
  password: string | undefined,
): Promise<AttemptOutcome> {
  const redis = new Redis({
    host: '127.0.0.1',
    port: users.redisPort,
    ...(user === undefined
      ? {}
      : { username: user, password: password ?? users.files.redis[user] ?? '' }),
    tls: { ca: users.ca },
    connectTimeout: WAIT_MS,
    commandTimeout: WAIT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    // It asks INFO, which none of these users may.
    enableReadyCheck: false,
  });
  const said: string[] = [];
  const note = (error: unknown) => void said.push(error instanceof Error ? error.message : '');
  redis.on('error', note);
  try {
    await redis.get(key);
    return 'let in';
  } catch (error) {
    note(error);
    const isRefusal = said.some((text) => /WRONGPASS|NOPERM|NOAUTH/.test(text));
    return isRefusal ? 'refused' : 'no answer';
  } finally {
    redis.disconnect();
  }
}

async function accessOutcome({ services }: DemoSession, path: string): Promise<AttemptOutcome> {
  const access = services.find(({ name }) => name === 'access');
  const isOwn = path === '/livez';
  const url = isOwn ? access?.url : `https://127.0.0.1:${access?.accessPort}`;
  const { status } = await answerOf(`${url}${path}`, access?.httpCa);
  if (status === 200) return 'let in';
  return status === 401 ? 'refused' : 'no answer';
}
