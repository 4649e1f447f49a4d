import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openGrantResolver, readPublicKeyFile } from '@sealstream/keyring';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealstream } from '../../tools/demo/command-line.ts';
import { QUIET } from '../../tools/demo/ground.ts';
import { probePort } from '../../tools/demo/port-probe.ts';
import { socketsOf } from '../../tools/demo/process-sockets.ts';
import { debianPackage, programPath } from '../../tools/stack/debian-package.ts';
import type { ServiceProcess } from '../../tools/demo/service-processes.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { opensslProgram } from '../../tools/stack/openssl.ts';
import { kcatProgram } from '../kcat.ts';
import { signInOutcome } from './kafka-attempts.ts';
import { ran, type Said } from './program-run.ts';
import { SecureFlow } from './secure-flow.ts';
import { type PairName, WrongCertificates } from './wrong-certificates.ts';

// Wrong credentials by programs that are not ours (kcat, openssl, redis-cli), and wrong certificates before
// programs that are; beside each the right ones, on the same servers.

const SCRAM = {
  'sasl.mechanism': 'SCRAM-SHA-512',
  'sasl.username': 'consumer-masked',
  'sasl.password': 'x',
};
const RECORD = '{"last_name":"of the control"}';

let flow: SecureFlow;
let access: ServiceProcess;
let accessPort = 0;
let programs: Readonly<Record<'kcat' | 'openssl' | 'redis', string>>;
let wrong: WrongCertificates;

beforeAll(async () => {
  flow = await SecureFlow.open();
  const { users } = flow;
  const redis = await debianPackage(
    'redis-tools',
    () => programPath('redis-cli'),
    (line) => process.stderr.write(`sealstream: ${line}\n`),
  );
  programs = { kcat: await kcatProgram(), openssl: await opensslProgram(), redis };
  wrong = await WrongCertificates.make(users, 'consumer-masked');
  const bus = await users.bus('admin', QUIET);
  await bus.append('masked.people', 0, [{ key: null, value: Buffer.from(RECORD) }]);
  await bus.stop();
  [accessPort = 0] = await freePorts(1);
  access = await flow.start('access', {
    ...users.kafkaSettings('access'),
    SEALSTREAM_ACCESS_PORT: String(accessPort),
  });
}, 600_000);
afterAll(async () => {
  wrong?.close();
  await flow?.close();
});

const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));
const kafkaPort = () => portOf(flow.stack.kafkaBrokers);

type Settings = Readonly<Record<string, string>>;

/**
 * kcat signs in with certificates here: the librdkafka of Debian 12 makes the nonce of SCRAM wrong, and Kafka
 * refuses it since 3.7.2, with the right password too. Passwords are tried by another client, below.
 *
 * @param file of the certificate and key, without their endings; none where it is undefined
 */
const certified = (file: string | undefined, more: Settings = {}): Settings => ({
  'security.protocol': 'SSL',
  'ssl.ca.location': flow.users.files.caFile,
  // This OpenSSL holds no address against a certificate, and brokers tell theirs as one.
  'ssl.endpoint.identification.algorithm': 'none',
  ...(file === undefined
    ? {}
    : { 'ssl.certificate.location': `${file}.crt`, 'ssl.key.location': `${file}.key` }),
  ...more,
});
const NAMES: Settings = { 'ssl.endpoint.identification.algorithm': 'https' };

const certificateOf = (user: string) => join(flow.users.files.dir, user);
const certificatesPort = () => portOf(flow.stack.certificatesBrokers ?? '');

/** kcat with these settings: what a topic says up to its end, or what the brokers say within some seconds. */
function kcat(settings: Settings, brokers: string, topic?: string): Promise<Said> {
  const what = topic === undefined ? ['-L', '-m', '5'] : ['-C', '-q', '-e', '-o', 'beginning'];
  const on = topic === undefined ? [] : ['-t', topic];
  const given = Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`]);
  return ran(programs.kcat, [...what, '-b', brokers, ...on, ...given]);
}

/**
 * kcat fails with 1. When a handshake has just failed, about one end in fifteen is SIGSEGV instead, after
 * its error is told: its exit takes OpenSSL down while a thread of librdkafka 2.0.2 still uses it.
 */
const KCAT_FAILED = expect.toSatisfy((code) => code === 1 || code === 'SIGSEGV', 'kcat failed');

/** A front before the listener for certificates, at which it signs in as somebody who may. */
async function certifiedFront(pair: PairName): Promise<string> {
  const read = (ending: string) =>
    readFileSync(`${certificateOf('consumer-masked')}.${ending}`, 'utf8');
  const as = { certificate: read('crt'), privateKey: read('key') };
  return `localhost:${await wrong.front(pair, certificatesPort(), { as })}`;
}

// kcat looks for a broker that answers for five seconds: all of it waits at the same time.
describe.concurrent('kcat', () => {
  test('reads its record with the right certificate, and gets past a front that has one', async () => {
    const own = certified(certificateOf('consumer-masked'));
    const at = `127.0.0.1:${certificatesPort()}`;
    const read = await kcat(own, at, 'masked.people');
    expect(read).toMatchObject({ code: 0, out: `${RECORD}\n` });
    // By a name that is in the certificate of the broker, held against it.
    const named = { ...own, ...NAMES };
    expect(await kcat(named, `localhost:${certificatesPort()}`)).toMatchObject({ code: 0 });
    const front = await certifiedFront('right');
    expect(await kcat(certified(undefined, NAMES), front)).toMatchObject({ code: 0 });
  }, 120_000);

  test.each<[string, () => Settings, RegExp]>([
    ['no certificate', () => certified(undefined), /alert (bad certificate|certificate required)/],
    ['one that is over', () => certified(certificateOf('expired')), /expired|certificate unknown/],
    [
      'one of another authority',
      () => certified(certificateOf('foreign')),
      /unknown ca|certificate unknown/,
    ],
    ['no TLS', () => ({ 'security.protocol': 'PLAINTEXT' }), /Disconnected/],
  ])(
    'with %s is refused by the broker',
    async (_what, settings, said) => {
      const { code, err, out } = await kcat(settings(), `127.0.0.1:${certificatesPort()}`);
      expect([code, out]).toEqual([KCAT_FAILED, '']);
      expect(err).toMatch(said);
    },
    120_000,
  );

  test('without TLS is refused by the listener for passwords, too', async () => {
    const each = ['PLAINTEXT', 'SASL_PLAINTEXT'].map(async (protocol) => {
      const scram = protocol === 'PLAINTEXT' ? {} : SCRAM;
      const settings = { 'security.protocol': protocol, ...scram };
      const { code, err, out } = await kcat(settings, flow.stack.kafkaBrokers);
      expect([code, out, err]).toEqual([KCAT_FAILED, '', expect.stringMatching(/Disconnected/)]);
    });
    await Promise.all(each);
  }, 120_000);

  test("with another's certificate is refused a topic that is not its own", async () => {
    for (const [user, topic] of [
      ['mask', 'raw.people'],
      ['mask', 'encrypted.people'],
      ['consumer-masked', 'accepted.people'],
      ['consumer-masked', 'encrypted.people'],
      ['consumer-encrypted', 'masked.people'],
    ] as const) {
      const own = certified(certificateOf(user));
      const { code, err, out } = await kcat(own, `127.0.0.1:${certificatesPort()}`, topic);
      const refused = expect.stringMatching(/authorization failed/i);
      expect([user, topic, code, out, err]).toEqual([user, topic, KCAT_FAILED, '', refused]);
    }
  }, 120_000);

  test('refuses a broker of an authority that it does not believe', async () => {
    const own = certified(certificateOf('mask'), { 'ssl.ca.location': wrong.foreignCaFile });
    const { code, err } = await kcat(own, `127.0.0.1:${certificatesPort()}`);
    expect([code, err]).toEqual([KCAT_FAILED, expect.stringMatching(/certificate verify failed/)]);
  }, 120_000);

  test.each<[PairName, RegExp]>([
    ['expired', /certificate verify failed/],
    ['elsewhere', /certificate verify failed/],
    ['foreign', /certificate verify failed/],
  ])(
    'refuses a broker whose certificate is %s',
    async (pair, said) => {
      const { code, err } = await kcat(certified(undefined, NAMES), await certifiedFront(pair));
      expect([code, err]).toEqual([KCAT_FAILED, expect.stringMatching(said)]);
    },
    120_000,
  );
});

describe('a client with a password', () => {
  test('gets in at Kafka with its own, and with no other and by no other mechanism', async () => {
    const { kafka, redis } = flow.users.files;
    const right = kafka['consumer-masked'] ?? '';
    expect(await signInOutcome(flow.users, 'consumer-masked', right)).toBe('signed in');
    for (const [user, password] of [
      ['consumer-masked', 'wrong'],
      ['consumer-masked', ''],
      ['consumer-masked', kafka['mask']],
      ['mask', right],
      ['mask', redis['mask']],
      ['nobody', right],
      ['', right],
    ] as const) {
      const outcome = await signInOutcome(flow.users, user, password ?? '');
      expect([user, outcome]).toEqual([user, 'SASL authentication failed.']);
    }
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256'] as const) {
      const outcome = await signInOutcome(flow.users, 'consumer-masked', right, mechanism);
      expect(outcome).toBe('Cannot find a suitable SASL mechanism.');
    }
  }, 120_000);
});

describe('openssl s_client', () => {
  const shake = async (port: number, ...version: string[]) => {
    const { caFile } = flow.users.files;
    const to = ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', caFile];
    return ran(programs.openssl, [...to, '-verify_return_error', ...version]);
  };

  test('gets in over TLS 1.2 and 1.3 and over nothing older, wherever anything listens', async () => {
    const { pids } = flow.stack;
    const sockets = socketsOf([access.process.pid, ...Object.values(pids)]);
    const ports = sockets
      .filter(({ isListening }) => isListening)
      .map(({ localPort }) => localPort);
    // Kafka for passwords, for certificates and for itself; Redis; access and its metrics.
    expect(ports).toHaveLength(6);
    expect(ports).toEqual(expect.arrayContaining([kafkaPort(), flow.users.redisPort, accessPort]));
    for (const port of ports) {
      for (const version of ['-tls1_2', '-tls1_3']) {
        const { out } = await shake(port, version);
        expect([port, version, out]).toEqual([
          port,
          version,
          expect.stringContaining('return code: 0'),
        ]);
      }
      for (const version of ['-tls1', '-tls1_1']) {
        const { code, out } = await shake(port, version, '-cipher', 'ALL:@SECLEVEL=0');
        expect([port, version, code]).toEqual([port, version, 1]);
        expect(out).not.toContain('BEGIN CERTIFICATE');
      }
      expect([port, await probePort(port, flow.users.ca)]).toEqual([
        port,
        { tls: true, plain: [] },
      ]);
    }
  }, 120_000);

  test('gets in over TLS 1.1 where that is spoken, so it is the servers that refuse it', async () => {
    const port = await wrong.front('right', flow.users.redisPort, { isOld: true });
    const { out } = await shake(port, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
    expect(out).toContain('BEGIN CERTIFICATE');
  });
});

describe('redis-cli', () => {
  const cli = (port: number, args: readonly string[], caFile = flow.users.files.caFile) =>
    ran(programs.redis, [
      ...`-h 127.0.0.1 -p ${port} --no-auth-warning --tls --cacert`.split(' '),
      caFile,
      ...args,
    ]);
  const as = (user: string, password = flow.users.files.redis[user] ?? '') => [
    '--user',
    user,
    '--pass',
    password,
  ];
  const get = (purpose: string) => ['GET', `sealstream:keyset:${purpose}/people`];

  test('reads a keyset as the user that may, and nothing as anybody else', async () => {
    const { redisPort } = flow.users;
    const right = await cli(redisPort, [...as('mask'), ...get('hash')]);
    expect(right).toMatchObject({ code: 0, out: expect.stringContaining('{') });
    for (const [args, said] of [
      [[...as('mask', 'wrong'), ...get('hash')], /WRONGPASS[\s\S]*NOAUTH/],
      [
        [...as('mask', flow.users.files.redis['encrypt']), ...get('hash')],
        /WRONGPASS[\s\S]*NOAUTH/,
      ],
      [[...as('mask', flow.users.files.kafka['mask']), ...get('hash')], /WRONGPASS[\s\S]*NOAUTH/],
      [[...as('nobody', 'x'), ...get('hash')], /WRONGPASS[\s\S]*NOAUTH/],
      [[...as('default', ''), ...get('hash')], /NOAUTH/],
      [get('hash'), /NOAUTH/],
      [[...as('mask'), ...get('field')], /NOPERM/],
      [[...as('encrypt'), ...get('hash')], /NOPERM/],
    ] as const) {
      const { err, out } = await cli(redisPort, args);
      expect(err + out).toMatch(said);
      expect(out).not.toContain('{');
    }
  }, 120_000);

  test('gets no answer without TLS, and refuses a Redis of another authority or that is over', async () => {
    const { redisPort } = flow.users;
    const plain = await ran(programs.redis, ['-h', '127.0.0.1', '-p', String(redisPort), 'PING']);
    expect([plain.code, plain.out]).toEqual([1, expect.not.stringContaining('PONG')]);
    const other = await cli(redisPort, [...as('mask'), ...get('hash')], wrong.foreignCaFile);
    expect([other.code, other.err + other.out]).toEqual([
      1,
      expect.stringMatching(/verify failed/),
    ]);
    const expired = await wrong.front('expired', redisPort);
    const over = await cli(expired, [...as('mask'), ...get('hash')]);
    expect([over.code, over.err + over.out]).toEqual([
      1,
      expect.stringMatching(/verify failed|expired/),
    ]);
    const through = await cli(await wrong.front('right', redisPort), [
      ...as('mask'),
      ...get('hash'),
    ]);
    expect(through).toMatchObject({ code: 0, out: expect.stringContaining('{') });
  }, 120_000);
});

const CERTIFICATES: readonly [PairName, boolean, RegExp][] = [
  ['expired', false, /CERT_HAS_EXPIRED/],
  ['elsewhere', false, /ERR_TLS_CERT_ALTNAME_INVALID/],
  ['foreign', false, /UNABLE_TO_|SELF_SIGNED_/],
  ['right', true, /ERR_SSL_/],
];

describe('our own clients', () => {
  test('get through a front whose certificate is right', async () => {
    const front = await wrong.front('right', kafkaPort());
    const bus = await flow.users.bus('consumer-masked', QUIET, { brokers: [`127.0.0.1:${front}`] });
    expect(await bus.admin.partitionCount('masked.people')).toBeGreaterThan(0);
    await bus.stop();
    expect(await redisOutcome(await wrong.front('right', flow.users.redisPort))).toBe('connected');
    expect(await commandOutcome(front, await wrong.front('right', flow.users.redisPort))).toBe(
      'done',
    );
  }, 120_000);

  test.each(CERTIFICATES)(
    'refuse a server whose certificate is %s (older than TLS 1.2: %s), and name why',
    async (pair, isOld, why) => {
      const kafka = await wrong.front(pair, kafkaPort(), { isOld });
      const redis = await wrong.front(pair, flow.users.redisPort, { isOld });
      const bus = flow.users.bus('consumer-masked', QUIET, {
        brokers: [`127.0.0.1:${kafka}`],
        connectTimeoutMs: 2_000,
      });
      const refused = new RegExp(`KAFKA_REFUSED: .*(${why.source})`);
      const unreachable = new RegExp(`REDIS_UNREACHABLE: .*(${why.source})`);
      await Promise.all([
        expect(bus).rejects.toThrow(refused),
        expect(redisOutcome(redis)).resolves.toMatch(unreachable),
        expect(commandOutcome(kafka, flow.users.redisPort)).resolves.toMatch(refused),
        expect(commandOutcome(kafkaPort(), redis)).resolves.toMatch(unreachable),
      ]);
    },
    120_000,
  );

  test('are refused by Redis with a wrong password, and by nobody’s name, and say so', async () => {
    const { redisPort } = flow.users;
    expect(await redisOutcome(redisPort, 'operator:wrong@')).toMatch(/^REDIS_REFUSED.*WRONGPASS/);
    expect(await redisOutcome(redisPort, 'nobody:x@')).toMatch(/^REDIS_REFUSED.*WRONGPASS/);
    expect(await redisOutcome(redisPort, '')).toMatch(/^REDIS_REFUSED.*NOAUTH/);
  });
});

/** What comes of connecting to Redis and reading, as our packages do. */
async function redisOutcome(
  port: number,
  who = `operator:${flow.users.files.redis['operator']}@`,
): Promise<string> {
  const redisUrl = `rediss://${who}127.0.0.1:${port}`;
  try {
    const grants = await openGrantResolver({
      redisUrl,
      redisTlsCa: flow.users.ca,
      signerPublicKey: readPublicKeyFile(join(flow.place.keys, 'signer.pub')),
      subjects: () => undefined,
      allowUnlocked: true,
      logger: QUIET,
    });
    await grants.list().finally(() => grants.stop());
    return 'connected';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

/** What comes of a command of the operator's that needs both. */
async function commandOutcome(kafka: number, redis: number): Promise<string> {
  const { users } = flow;
  const redisUrl = `rediss://operator:${users.files.redis['operator']}@127.0.0.1:${redis}`;
  try {
    await sealstream(flow.place, ['keys', 'list'], {
      ...users.commandSettings('operator'),
      KAFKA_BROKERS: `127.0.0.1:${kafka}`,
      REDIS_URL: redisUrl,
      SEALSTREAM_KEY_DIR: flow.place.keys,
      SEALSTREAM_POLICY_FILE: flow.place.policyFile,
    });
    return 'done';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}
