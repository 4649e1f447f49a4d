import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openAccounts } from '@sealstream/accounts';
import type { Logger } from '@sealstream/contracts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import type { Stack } from '../../tools/stack/stack.ts';
import { FlowSide } from '../flow/flow-side.ts';
import { RunningService } from '../flow/running-service.ts';
import type { Asked, Bench } from '../ground/bench.ts';
import { startNode } from '../ground/child.ts';
import { KafkaView } from '../ground/kafka-view.ts';
import { lineOf } from '../ground/lines.ts';
import { quantile } from '../ground/quantiles.ts';
import type { Report } from '../ground/report.ts';
import { withServers } from '../ground/servers.ts';
import { CpuParts } from './cpu-parts.ts';
import type { RequestFigures, RequestLoad } from './load-form.ts';
import { runLoad } from './load-run.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');
const POLICY = join(import.meta.dirname, 'sealstream.yaml');
const FIELDS = 100;
const MILLION = 1_000_000;
/** Calm and flooded parts, each after a warm-up of its own. */
const TURNS = 3;
const GC_SECONDS = 'nodejs_gc_duration_seconds_sum';

const silent = () => undefined;
const QUIET: Logger = { debug: silent, info: silent, warn: silent, error: silent };

interface Options {
  readonly seconds: number;
  readonly warmSeconds: number;
  readonly connections: number;
  /** Far below what access can do, so that waiting is the flood's. */
  readonly calmPerSecond: number;
  readonly floodPerSecond: number;
}

export const ACCESS: Bench = {
  name: 'access',
  summary: 'reveals of 100 fields over HTTP with audit, alone and beside a flood of bad sign-ins',
  about: [
    'access runs as its own program on a real Kafka and Redis, and clients ask it over kept',
    'connections with an API key. Each reveal has its order on the audit topic, acknowledged by all',
    'replicas, before the first value. The reference parses and answers JSON of the same size and',
    'does nothing else. Clients, access, Kafka and Redis share the machine. The CPU time of each is told,',
    'which other work on the machine moves less than the rates. Calm and flooded parts come in turn.',
  ],
  options: {
    seconds: { takes: 'S', default: '15', meaning: 'how long each part is measured' },
    warm: { takes: 'S', default: '5', meaning: 'seconds before that' },
    connections: { takes: 'N', default: '24', meaning: 'requests at once in the closed loop' },
    calm: { takes: 'N', default: '300', meaning: 'reveals a second, alone and beside the flood' },
    flood: { takes: 'N', default: '200', meaning: 'bad sign-ins a second' },
  },
  examples: ['', '--json --seconds 30'],
  run: async (asked, report) => {
    const options = optionsOf(asked);
    await withServers(report.progress, (stack) => measure(options, stack, report));
  },
};

function optionsOf(asked: Asked): Options {
  return {
    seconds: asked.whole('seconds', 1, 600),
    warmSeconds: asked.whole('warm', 0, 60),
    connections: asked.whole('connections', 1, 500),
    calmPerSecond: asked.whole('calm', 1, 2000),
    floodPerSecond: asked.whole('flood', 1, 2000),
  };
}

async function measure(options: Options, stack: Stack, report: Report): Promise<void> {
  const kafka = await KafkaView.open(stack.kafkaBrokers, 1);
  try {
    await kafka.makeTopics(['raw.bench'], { 'max.message.bytes': '4194304' });
  } finally {
    await kafka.close();
  }
  const flow = new FlowSide(stack, POLICY);
  await flow.prepare(1);
  const [port = 0] = await freePorts(1);
  const secret = randomBytes(32).toString('base64url');
  const access = await RunningService.start('access', {
    ...flow.environmentOf('access'),
    SEALSTREAM_ACCESS_PORT: String(port),
    SEALSTREAM_ACCESS_SECRET: secret,
  });
  try {
    await access.ready();
    const key = await makeKey(stack);
    const base = `http://127.0.0.1:${port}`;
    const reveal = await revealOf(base, key);
    const parts = new CpuParts({ ...stack.pids, access: access.pid });
    const ground = { access, base, parts, reveal, report };
    await reveals(options, ground);
    await besideFlood(options, ground);
  } finally {
    await access.stop();
  }
}

/** A user with the role of the bench, and an API key of it. */
async function makeKey(stack: Stack): Promise<string> {
  const accounts = await openAccounts({ redisUrl: stack.redisUrl, logger: QUIET });
  try {
    await accounts.users.create({ name: 'bench', person: 'bench' });
    await accounts.users.grantRole('bench', 'bench', 'bench');
    // Until two people are administrators nobody does anything.
    for (const name of ['admin-one', 'admin-two']) {
      await accounts.users.create({ name, person: name });
      await accounts.users.grantRole(name, 'administrator', 'bench');
    }
    const scopes = { actions: ['*'], datasets: ['*'] };
    const wanted = { owner: 'bench', name: 'bench', scopes, lifeMs: 86_400_000 };
    return (await accounts.apiKeys.create(wanted)).text;
  } finally {
    await accounts.stop();
  }
}

type Asking = Pick<RequestLoad, 'url' | 'headers' | 'body'>;

/** A reveal of 100 values that were sealed through the same service. */
async function revealOf(base: string, key: string): Promise<Asking & { readonly answer: string }> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const ask = async (route: string, body: object) => {
    const sent = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${base}/v1/datasets/bench/${route}`, sent);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${route} answered ${answer.status}: ${text}`);
    return { text, json: JSON.parse(text) as { values: { token: string }[] } };
  };
  const plain = Array.from({ length: FIELDS }, (_, at) => ({
    path: '/ssn',
    value: `900-55-${String(1000 + at)}`,
  }));
  const { json } = await ask('seal', { values: plain });
  const values = json.values.map(({ token }) => ({ path: '/ssn', token }));
  const body = { purpose: 'bench', values };
  const { text } = await ask('reveal', body);
  if (!text.includes('900-55-1000') || !text.includes('900-55-1099'))
    throw new Error('the values did not come back');
  const url = `${base}/v1/datasets/bench/reveal`;
  return { url, headers, body: JSON.stringify(body), answer: text };
}

interface Ground {
  readonly access: RunningService;
  readonly base: string;
  readonly parts: CpuParts;
  readonly reveal: Asking & { readonly answer: string };
  readonly report: Report;
}

async function reveals(options: Options, ground: Ground): Promise<void> {
  const { access, parts, report, reveal } = ground;
  const { connections, seconds, warmSeconds } = options;
  const loop = { at: { once: connections }, seconds, warmSeconds };
  report.progress.step('measuring the reference');
  const plain = await plainServer(reveal, loop);
  report.progress.step('measuring reveals');
  const before = { cpu: parts.now(), gcSeconds: 0 };
  const own = await runLoad({ ...reveal, ...loop }, async () => {
    before.cpu = parts.now();
    before.gcSeconds = await access.metric(GC_SECONDS);
  });
  const spent = parts.since(before.cpu);
  const gcSeconds = (await access.metric(GC_SECONDS)) - before.gcSeconds;
  requireAll(own, 'reveals');
  const line = {
    against: 'JSON of the same size, nothing done',
    with: { fields: FIELDS, connections },
  };
  const of = (what: string, unit: string, places: number) => ({ ...line, what, unit, places });
  const p99 = ({ latenciesMs }: RequestFigures) => quantile(latenciesMs, 0.99);
  const rates = { figure: own.perSecond, reference: plain.perSecond };
  const slowest = { figure: p99(own), reference: p99(plain) };
  const each = 1 / (own.answers * FIELDS);
  const cpu = (what: string, cpuSeconds: number, reference: number | null = null) =>
    lineOf({
      ...of(what, 's per million fields', 2),
      figure: cpuSeconds * each * MILLION,
      reference: reference === null ? null : (reference * MILLION) / (plain.answers * FIELDS),
    });
  report.lines([
    lineOf({ ...of('reveal', 'requests/s', 0), ...rates, goal: '>= 1500' }),
    lineOf({ ...of('reveal p99', 'ms', 1), ...slowest, goal: '<= 40' }),
    cpu('reveal CPU', spent.access),
    cpu('of it pauses for garbage', gcSeconds),
    cpu('beside it Redis', spent.redis),
    cpu('beside it Kafka', spent.kafka),
    cpu('beside it the clients', own.cpuSeconds, plain.cpuSeconds),
  ]);
}

/**
 * Calm and flooded parts in turn, so that what gets warmer, or the machine's other work, falls on both.
 * What is compared is the p99 of all calm parts and of all flooded ones.
 */
async function besideFlood(
  { calmPerSecond, floodPerSecond, seconds, warmSeconds }: Options,
  { base, report, reveal }: Ground,
): Promise<void> {
  const part = { seconds: seconds / TURNS, warmSeconds };
  const calm: RequestLoad = { ...reveal, at: { perSecond: calmPerSecond }, ...part };
  const flood: RequestLoad = {
    url: `${base}/v1/session`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', password: 'not the password of it' }),
    at: { perSecond: floodPerSecond },
    fromMany: true,
    ...part,
  };
  const alone: number[] = [];
  const beside: number[] = [];
  const refused = { '401': 0, '429': 0 };
  for (let turn = 1; turn <= TURNS; turn += 1) {
    report.progress.step(`${calmPerSecond} reveals a second, calm, ${turn} of ${TURNS}`);
    const quiet = await runLoad(calm);
    requireAll(quiet, 'calm reveals');
    alone.push(...quiet.latenciesMs);
    report.progress.step(
      `the same beside ${floodPerSecond} bad sign-ins a second, each from another address`,
    );
    const [flooded, sent] = await Promise.all([runLoad(calm), runLoad(flood)]);
    requireAll(flooded, 'reveals beside the flood');
    beside.push(...flooded.latenciesMs);
    for (const status of ['401', '429'] as const) refused[status] += sent.statuses[status] ?? 0;
    const letIn = sent.statuses['201'] ?? 0;
    if (letIn > 0) throw new Error(`${letIn} bad sign-ins were let in`);
  }
  report.lines([
    lineOf({
      what: 'reveal p99 beside a flood',
      unit: 'ms',
      figure: quantile(beside, 0.99),
      reference: quantile(alone, 0.99),
      places: 1,
      ratioGoal: '<= 2',
      against: 'the same without the flood',
      with: { revealsPerSecond: calmPerSecond, signInsPerSecond: floodPerSecond, ...refused },
    }),
  ]);
}

function requireAll({ answers, statuses }: RequestFigures, what: string): void {
  if (answers > 0 && statuses['200'] === answers && Object.keys(statuses).length === 1) return;
  throw new Error(`not all ${what} were answered: ${JSON.stringify(statuses)}`);
}

/** The reference on a server of its own, which is gone afterwards. */
async function plainServer(
  reveal: Ground['reveal'],
  loop: Pick<RequestLoad, 'at' | 'seconds' | 'warmSeconds'>,
): Promise<RequestFigures> {
  const program = join(PROGRAMS, 'plain-server.ts');
  const server = startNode(['--disable-warning=ExperimentalWarning', program, reveal.answer], {});
  try {
    if (server.process.stdout === null) throw new Error('the reference has no stdout');
    for await (const port of createInterface(server.process.stdout)) {
      const url = `http://127.0.0.1:${port}/`;
      return await runLoad({ url, headers: reveal.headers, body: reveal.body, ...loop });
    }
    throw new Error(`the reference ended early:\n${server.said()}`);
  } finally {
    await server.stop();
  }
}
