import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type ServiceName, SERVICES } from '@sealstream/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from './running-flow.ts';
import { type OtherLinks, SecureFlow } from './secure-flow.ts';

// Every service as somebody else: at Kafka, and at Redis where it has keys there. That each runs as itself, on
// servers of the same kind, is in secure-links.test.ts. Most of each is waiting, so all wait at the same time.

/** As operations have it: somebody must change something, or waiting may help. */
const MISCONFIGURED = 78;
const UNAVAILABLE = 75;

let flow: SecureFlow;
beforeAll(async () => {
  flow = await SecureFlow.open();
}, 600_000);
afterAll(async () => flow?.close());

interface Ended {
  readonly code: number | null;
  readonly log: string;
}

/** What comes of a start that has some seconds to wait for anything. */
async function endOf(
  name: ServiceName,
  signIn: Readonly<Record<string, string>>,
  other: OtherLinks = {},
): Promise<Ended> {
  const ended: (number | null)[] = [];
  // Longer than a broker is given to know a new user's rights.
  const more = { ...other.more, SEALSTREAM_START_WAIT: '10s' };
  const onExit = (code: number | null) => void ended.push(code);
  const logName = `${name}-${randomBytes(3).toString('hex')}`;
  const { log } = await flow.launch(name, signIn, onExit, { ...other, more, logName });
  await until(() => ended.length > 0);
  const [code = null] = ended;
  return { code, log: readFileSync(log, 'utf8') };
}

const others = SERVICES.map((name, at) => {
  return [name, SERVICES[(at + 1) % SERVICES.length] ?? name] as const;
});

test.concurrent.each(others)(
  '%s with the user of %s at Kafka ends with 78 and says what was refused',
  async (name, lender) => {
    const { code, log } = await endOf(name, flow.users.kafkaSettings(lender));
    expect([code, log]).toEqual([MISCONFIGURED, expect.stringContaining('KAFKA_REFUSED')]);
    expect(log).toMatch(/(TOPIC|GROUP|TRANSACTIONAL_ID)_AUTHORIZATION_FAILED/);
  },
  120_000,
);

const AT_REDIS: readonly [ServiceName, string, string][] = [
  ['ingest', 'REDIS_URL', 'mask'],
  ['mask', 'REDIS_URL', 'encrypt'],
  ['encrypt', 'REDIS_URL', 'ingest'],
  ['access', 'REDIS_URL', 'mask'],
  ['access', 'SEALSTREAM_ACCOUNTS_REDIS_URL', 'access-read'],
];

test.concurrent.each(AT_REDIS)(
  '%s with %s of the user %s ends with 75 and says what was refused',
  async (name, setting, lender) => {
    const url = flow.users.redisUrl(lender);
    const other = setting === 'REDIS_URL' ? { redisUrl: url } : { more: { [setting]: url } };
    const { code, log } = await endOf(name, flow.users.kafkaSettings(name), other);
    expect([code, log]).toEqual([UNAVAILABLE, expect.stringContaining('REDIS_REFUSED')]);
    if (setting === 'REDIS_URL') expect(log).toContain('NOPERM');
  },
  120_000,
);
