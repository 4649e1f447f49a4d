import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Accounts, ADMINISTRATOR, openAccounts } from '@sealstream/accounts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { QUIET } from '../../tools/demo/ground.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { ROOT } from '../../tools/stack/paths.ts';
import { HttpAttempts, type OpenApi, type Sample, samplesOf } from './http-attempts.ts';
import {
  KafkaAttempts,
  ON_CLUSTER,
  ON_GROUPS,
  ON_TOPICS,
  ON_TRANSACTIONS,
} from './kafka-attempts.ts';
import { NOBODYS_KEY, RedisAttempts, type RedisCommand } from './redis-attempts.ts';
import { allowedBy, allowedOf, refusalTable, type Tried } from './refusal-table.ts';
import { AT_HTTP, AT_KAFKA, AT_REDIS, type AtRedis, BEGINNINGS } from './rights-by-hand.ts';
import { until } from './running-flow.ts';
import { SecureFlow } from './secure-flow.ts';

// Each program's credentials, on everything that there is: what comes of it beside a table written by hand.
// docs/refusals.md shows what was measured; `npx vitest run -u --project stack test/e2e/refusals.test.ts`
// writes it anew.

const GRANT_HOLDER = `  roles:
    grant-holder:
      meaning: A program that reads encrypted records under a grant.
      allow:
        - { actions: [keys.resolve] }
`;
/** Topics that are not of the flow, one of them by a name that begins as one of ours does. */
const FOREIGN_TOPICS = ['payroll', 'masked.people2'];
/** Not made without groups that look alike; mask may read it all the same. */
const STATE_TOPIC = 'mask.state.people';
const GROUPS = [
  ...['ingest', 'mask', 'encrypt', 'replay'].map((stage) => `sealstream.${stage}.people`),
  'consumer-masked',
  'consumer-encrypted',
  'payroll',
];
const TRANSACTIONS = [
  ...['ingest', 'mask', 'encrypt', 'replay'].map((stage) => `sealstream.${stage}.people.tried`),
  'payroll',
];
/** Keys that are of nobody here: of no name, of other prefixes, of one that begins as ours. */
const FOREIGN_KEYS = ['elsewhere', 'sealstream', 'sealstreamx:keyset:hash/', 'other:accounts:'];
/** What an administrator must not do to a Redis on which others work; it would wait, or be gone. */
const HARMFUL = new Set(
  (
    'flushall flushdb shutdown replicaof slaveof failover debug swapdb monitor sync psync replconf ' +
    // The last two end the connection, since they are how HTTP begins.
    'migrate acl config module cluster host: post'
  ).split(' '),
);

const all: Tried[] = [];
let flow: SecureFlow;
let accounts: Accounts;
let http: HttpAttempts;
let metrics: HttpAttempts;

beforeAll(async () => {
  flow = await SecureFlow.open((example) => example.replace(/^ {2}roles:\n/m, GRANT_HOLDER));
  const { users } = flow;
  const bus = await users.bus('admin', QUIET);
  for (const topic of [...FOREIGN_TOPICS, STATE_TOPIC])
    await bus.admin.createTopic(topic, 1, 1, {});
  await bus.stop();
  const [port = 0] = await freePorts(1);
  const access = await flow.start('access', {
    ...users.kafkaSettings('access'),
    SEALSTREAM_ACCESS_PORT: String(port),
  });
  http = new HttpAttempts(port, users.ca);
  metrics = new HttpAttempts(Number(new URL(access.url).port), users.ca);
  const redisUrl = users.redisUrl('operator');
  accounts = await openAccounts({ redisUrl, redisTlsCa: users.ca, logger: QUIET });
  for (const name of ['one', 'two']) await user(name, ADMINISTRATOR);
  await user('consumer-encrypted', 'grant-holder');
  await user('consumer-masked');
}, 600_000);
afterAll(async () => {
  await accounts?.stop();
  await flow?.close();
});

async function user(name: string, ...roles: string[]): Promise<void> {
  await accounts.users.create({ name, person: name });
  for (const role of roles) await accounts.users.grantRole(name, role, 'test');
}

/** An API key that is for asking for keys under a grant and for nothing else. */
async function apiKeyOf(owner: string): Promise<string> {
  const scopes = { actions: ['keys.resolve'], datasets: ['*'] };
  const order = { owner, name: 'reader', scopes, lifeMs: 3_600_000 };
  return `Bearer ${(await accounts.apiKeys.create(order)).text}`;
}

const basic = (name: string, password = '') =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

/** Notes what came of tries, and what is not as it is written by hand. */
function noted(tried: readonly Tried[], hand: Parameters<typeof allowedBy>[0]): void {
  all.push(...tried);
  const [first] = tried;
  expect([first?.who, allowedOf(tried)]).toEqual([first?.who, allowedBy(hand)]);
}

/** A grant of the consumer's own, made by the operator. */
async function grantOf(consumer: string): Promise<string> {
  const { publicKey } = generateKeyPairSync('x25519');
  const pem = join(flow.place.root, `${consumer}.pem`);
  writeFileSync(pem, publicKey.export({ format: 'pem', type: 'spki' }));
  const of = ['--dataset', 'people', '--fields', '/email', '--consumer', consumer];
  await flow.command('operator', 'grants', 'create', '--public-key', pem, ...of, '--expires', '1d');
  const listed = await flow.command('operator', 'grants', 'list', '--json');
  const [, id] = /"([0-9a-f]{24})"/.exec(listed) ?? [];
  if (id === undefined) throw new Error('there is no grant');
  return id;
}

async function samples(grant: string): Promise<Sample[]> {
  const none = { headers: {}, body: undefined };
  const get = (path: string) => ({ route: `GET ${path}`, method: 'GET', path, ...none });
  const { text } = await http.ask(get('/v1/openapi.json'));
  const words = {
    dataset: 'people',
    path: '/email',
    paths: ['/email'],
    fields: ['/email'],
    grant,
    'grants id': grant,
    'if-match': '"1"',
  };
  return [...samplesOf(JSON.parse(text) as OpenApi, words), get('/v1/openapi.json'), get('/')];
}

test('at access, services get in nowhere, and a consumer only where it asks for its keys', async () => {
  const asked = await samples(await grantOf('consumer-encrypted'));
  expect(asked.length).toBeGreaterThan(40);
  const callers = new Map<string, string | undefined>([['nobody', undefined]]);
  for (const name of Object.keys(AT_KAFKA))
    callers.set(`${name} by Kafka's password`, basic(name, flow.users.files.kafka[name]));
  for (const name of ['consumer-masked', 'consumer-encrypted'])
    callers.set(`${name} by API key`, await apiKeyOf(name));
  for (const [who, authorization] of callers) {
    const tried: Tried[] = [];
    for (const sample of asked) {
      const outcome = await http.on(sample, authorization);
      tried.push({ who, where: 'HTTP', what: sample.route, outcome });
    }
    noted(tried, AT_HTTP[who] ?? AT_HTTP['nobody'] ?? {});
    // Refused for who it is, and not for a form that is wrong; only sign-in itself looks at what is sent.
    const others = tried.filter(({ outcome }) => !/^(allowed|401 |403 )/.test(outcome));
    expect(others).toEqual([]);
  }
}, 600_000);

test("at access, no user's password of Redis is anybody's", async () => {
  for (const [name, password] of Object.entries(flow.users.files.redis)) {
    const me = { method: 'GET', path: '/v1/me', headers: {}, body: undefined };
    expect([name, await http.on(me, basic(name, password))]).toEqual([name, '401 SIGN_IN_REFUSED']);
  }
}, 120_000);

test('where a service tells of its health, it tells that and its metrics, and nothing else', async () => {
  const tried: Tried[] = [];
  for (const method of ['GET', 'POST', 'PUT', 'DELETE'])
    for (const path of ['/', '/livez', '/metrics', '/readyz', '/v1/flow', '/v1/users', '/debug']) {
      const { status } = await metrics.ask({ method, path, headers: {}, body: undefined });
      const outcome = status < 400 ? 'allowed' : String(status);
      tried.push({ who: 'nobody at metrics', where: 'HTTP', what: `${method} ${path}`, outcome });
    }
  noted(tried, AT_HTTP['nobody at metrics'] ?? {});
}, 120_000);

async function kafkaTried(who: string, topics: readonly string[]): Promise<Tried[]> {
  const attempts = await KafkaAttempts.open(flow.users, who, await flow.users.bus(who, QUIET));
  const tried: Tried[] = [];
  const note = (what: string, outcome: string) =>
    void tried.push({ who, where: 'Kafka', what, outcome });
  await Promise.all(
    topics.map(async (topic) => {
      for (const deed of ON_TOPICS) note(`${deed} ${topic}`, await attempts.onTopic(topic, deed));
    }),
  );
  for (const group of GROUPS)
    for (const deed of ON_GROUPS)
      note(`${deed}-group ${group}`, await attempts.onGroup(group, deed));
  for (const id of TRANSACTIONS)
    for (const deed of ON_TRANSACTIONS)
      note(`${deed}-transaction ${id}`, await attempts.onTransaction(id, deed));
  for (const deed of ON_CLUSTER) note(deed, await attempts.onCluster(deed));
  await attempts.close();
  return tried;
}

async function topicDeletions(who: string, topics: readonly string[]): Promise<Tried[]> {
  const attempts = await KafkaAttempts.open(flow.users, who, await flow.users.bus(who, QUIET));
  const tried: Tried[] = [];
  for (const topic of topics) {
    const outcome = await attempts.deleteTopic(topic);
    tried.push({ who, where: 'Kafka', what: `delete-topic ${topic}`, outcome });
  }
  await attempts.close();
  return tried;
}

/** Brokers keep no transactions before the first one is asked for. */
async function transactionsBegun(): Promise<void> {
  const attempts = await KafkaAttempts.open(
    flow.users,
    'admin',
    await flow.users.bus('admin', QUIET),
  );
  await until(() => attempts.findsTransactions());
  await attempts.close();
}

test('at Kafka, each does what it is for on its own topics, and nothing else on any', async () => {
  const bus = await flow.users.bus('admin', QUIET);
  await transactionsBegun();
  const topics = (await bus.admin.topics(null)).map(({ name }) => name).toSorted();
  await bus.stop();
  expect(topics).toEqual(expect.arrayContaining(['raw.people', '__consumer_offsets', 'payroll']));
  // Who may do everything is refused nothing of this, so the refusals are the users'.
  const control = await kafkaTried('admin', topics);
  expect(control.filter(({ outcome }) => outcome !== 'allowed')).toEqual([]);
  const tried = new Map<string, Tried[]>();
  for (const who of Object.keys(AT_KAFKA)) tried.set(who, await kafkaTried(who, topics));
  // Last, since one of them may, and ingest last of all.
  for (const who of [...tried.keys()].toReversed())
    tried.get(who)?.push(...(await topicDeletions(who, topics)));
  expect(await topicDeletions('admin', ['payroll'])).toMatchObject([{ outcome: 'allowed' }]);
  for (const [who, own] of tried) noted(own, AT_KAFKA[who] ?? {});
}, 600_000);

const redisOf = (signIn?: ConstructorParameters<typeof RedisAttempts>[2]) =>
  new RedisAttempts(flow.users.redisPort, flow.users.ca, signIn);

/** Commands that are about channels, and no keys. */
const ON_CHANNELS = new Set(['subscribe', 'publish']);

/** What a user of Redis may by the table, in the form of what is tried. */
function redisByHand({ channels = '', commands, inScripts, keys }: AtRedis) {
  const named = commands.split(' ').filter((name) => !/^(auth|hello)$/.test(name));
  const ofChannels = named.filter((name) => ON_CHANNELS.has(name));
  const withKeys = named.filter((name) => !ON_CHANNELS.has(name));
  return {
    command: commands,
    [withKeys.join(' ')]: keys,
    ...(channels === '' ? {} : { [ofChannels.join(' ')]: channels }),
    ...(inScripts === undefined ? {} : { script: inScripts, 'script-get': keys }),
  };
}

const keyOf = (beginning: string) =>
  FOREIGN_KEYS.includes(beginning) ? beginning : `sealstream:${beginning}${NOBODYS_KEY}`;

async function redisTried(
  name: string,
  { channels = '', commands: own, inScripts, keys }: AtRedis,
  commands: readonly RedisCommand[],
): Promise<Tried[]> {
  const who = name;
  const attempts = redisOf({ user: name, password: flow.users.files.redis[name] ?? '' });
  const tried: Tried[] = [];
  const note = (what: string, outcome: string) =>
    void tried.push({ who, where: 'Redis', what, outcome });
  for (const [command, outcome] of await attempts.onCommands(commands))
    note(`command ${command}`, outcome);
  const beginnings = [...BEGINNINGS, ...FOREIGN_KEYS];
  for (const command of own.split(' ')) {
    if (command === 'auth' || command === 'hello') continue;
    const isChannel = ON_CHANNELS.has(command);
    const names = isChannel ? [channels, 'grants-changed', ...FOREIGN_KEYS] : beginnings;
    const full = names.map((one) => (isChannel ? channelOf(one) : keyOf(one)));
    for (const [at, [, outcome]] of (await attempts.onKeys(command, full)).entries())
      note(`${command} ${names[at] ?? ''}`, outcome);
  }
  if (inScripts === undefined) return tried;
  const key = keyOf(keys.split(' ')[0] ?? '');
  for (const [command, outcome] of await attempts.inScript(commands, key))
    note(`script ${command}`, outcome);
  const get = commands.filter((one) => one.name === 'get');
  for (const beginning of beginnings)
    for (const [, outcome] of await attempts.inScript(get, key, keyOf(beginning)))
      note(`script-get ${beginning}`, outcome);
  return tried;
}

const channelOf = (name: string) => (FOREIGN_KEYS.includes(name) ? name : `sealstream:${name}`);

test('at Redis, each gives its own commands on its own keys, and no other on any', async () => {
  const admin = redisOf({ user: 'admin', password: flow.users.files.redis['admin'] ?? '' });
  const commands = await admin.commands();
  expect(commands.length).toBeGreaterThan(200);
  const harmless = commands.filter(({ name }) => !HARMFUL.has(name));
  const control = await admin.onCommands(harmless);
  expect(control.filter(([, outcome]) => outcome !== 'allowed')).toEqual([]);
  for (const [name, hand] of Object.entries(AT_REDIS))
    noted(await redisTried(name, hand, commands), redisByHand(hand));
  // Who has no user there may try to become one, and nothing else.
  const strangers = ['consumer-masked', 'consumer-encrypted', 'mask', undefined];
  for (const name of strangers) {
    const password = flow.users.files.kafka[name ?? ''] ?? '';
    const attempts = redisOf(name === undefined ? undefined : { user: name, password });
    const said = await attempts.onCommands(commands);
    const who = name === undefined ? 'nobody' : `${name} by Kafka's password`;
    const tried = said.map(([command, outcome]): Tried => {
      return { who, where: 'Redis', what: `command ${command}`, outcome };
    });
    noted(tried, { command: 'auth' });
  }
}, 600_000);

test('the table of docs/refusals.md is what was measured', async () => {
  const table = refusalTable(all);
  process.stdout.write(table);
  await expect(pageOf(table)).toMatchFileSnapshot(join(ROOT, 'docs', 'refusals.md'));
});

const pageOf = (table: string) => `# Who is refused what

Made by \`test/e2e/refusals.test.ts\` from what it measured: do not edit by hand. Real servers run over TLS with
the users of \`sealstream kafka acls\` and of [deploy/redis](../deploy/redis/README.md), and the service access
with the example's policy. Every program's credentials are tried on

- **Kafka**: every topic of the cluster, the brokers' own and two that are others', each described, read, written,
  with its records and itself deleted, its settings read and changed, partitions added, and created; every group and
  transaction of the flow and one of others; the rules, passwords and settings of the cluster;
- **Redis**: every command that the server has; those that are theirs on every kind of key of ours and on keys of
  others; every command again from a script, where they may give scripts;
- **HTTP**: every route of the service's OpenAPI document. A consumer's API key is for asking for keys under its
  grant (\`keys.resolve\`), which the holder of a grant alone has a role for.

What is allowed is held to a table written by hand (\`test/e2e/rights-by-hand.ts\`), and was done for real. An
administrator is refused none of the same tries at Kafka and Redis, so what refuses is the missing right and not the
form of a try. That every route of access lets in whom it is for is tried in
\`services/access/test/routes.stack.test.ts\`.

\`\`\`text
${table}\`\`\`

- \`delete, delete-topic: raw.people\` of ingest: Kafka knows one right for deleting records, which ingest does behind
  itself, and for deleting the topic.
- At Redis \`command\` is followed by the commands that a user has, \`script\` by those that its scripts have, and a
  command by the beginnings of keys that it may be about; \`script-get\` is GET of a key that the script was not given.
  \`auth\` and \`hello\` cannot be kept from anybody who has a connection.
- At metrics is the port on which a service tells of its health. Who should not see it is kept away by
  \`SEALSTREAM_HTTP_TLS_CLIENT_CA_FILE\`.
- The operator's command is not here: it may change all that is ours ([deploy/kafka](../deploy/kafka/README.md),
  [deploy/redis](../deploy/redis/README.md)).
`;
