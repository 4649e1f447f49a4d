// Asks for the same again and again, and tells how long each answer took.
import { Agent, request } from 'node:http';
import { quantile } from '../../ground/quantiles.ts';

/** What is asked for, and how. */
export interface RequestLoad {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A closed loop of so many at once, or one begun so often a second whatever the answers do. */
  readonly at: { readonly once: number } | { readonly perSecond: number };
  readonly seconds: number;
  /** Not measured before these are over. */
  readonly warmSeconds: number;
}

/** What came of it. */
export interface RequestFigures {
  readonly answers: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How many answers of each status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** An open loop gives up on more than so many at once: they count as status 0. */
const MOST_AT_ONCE = 2000;

const load = JSON.parse(process.argv[2] ?? '') as RequestLoad;
const body = Buffer.from(load.body);
const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE });
const headers = { ...load.headers, 'content-length': String(body.length) };

function ask(): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(load.url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', () => resolve(0));
    sent.end(body);
  });
}

const latencies: number[] = [];
const statuses: Record<string, number> = {};
const beginMs = performance.now() + load.warmSeconds * 1000;
const endMs = beginMs + load.seconds * 1000;

async function measured(): Promise<void> {
  const askedMs = performance.now();
  const status = await ask();
  const answeredMs = performance.now();
  if (askedMs < beginMs || askedMs > endMs) return;
  latencies.push(answeredMs - askedMs);
  statuses[status] = (statuses[status] ?? 0) + 1;
}

async function closedLoop(): Promise<void> {
  while (performance.now() < endMs) await measured();
}

async function openLoop(perSecond: number): Promise<void> {
  const waiting = new Set<Promise<void>>();
  const firstMs = performance.now();
  for (let begun = 0; performance.now() < endMs; begun += 1) {
    const dueMs = firstMs + (begun * 1000) / perSecond;
    const leftMs = dueMs - performance.now();
    if (leftMs > 1) await new Promise((resolve) => setTimeout(resolve, leftMs));
    if (waiting.size >= MOST_AT_ONCE) {
      statuses['0'] = (statuses['0'] ?? 0) + 1;
      continue;
    }
    const one = measured().finally(() => waiting.delete(one));
    waiting.add(one);
  }
  await Promise.all(waiting);
}

const { at } = load;
if ('once' in at) await Promise.all(Array.from({ length: at.once }, closedLoop));
else await openLoop(at.perSecond);
agent.destroy();
const figures: RequestFigures = {
  answers: latencies.length,
  perSecond: latencies.length / load.seconds,
  p50Ms: latencies.length === 0 ? 0 : quantile(latencies, 0.5),
  p99Ms: latencies.length === 0 ? 0 : quantile(latencies, 0.99),
  statuses,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
