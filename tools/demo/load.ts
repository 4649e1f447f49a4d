import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/paths.ts';
import { type BadRecord, badRecords } from './bad-records.ts';
import { FIRE_WITHIN_MS, RESOLVE_WITHIN_MS } from './checks/alert.ts';
import { type DemoRecord, personRecord } from './people.ts';
import type { Progress } from './progress.ts';
import type { DemoSession } from './session.ts';

/** Records a second in the steady part, by which latency is measured. */
export const STEADY_PER_SECOND = 2000;
const FLOW_WAIT_MS = 30 * 60_000;
const EXAMPLE = join(ROOT, 'examples', 'people', 'raw_data.csv');

/** What is published, in the order of the parts. */
export interface Load {
  /** Half of the generated ones, behind the examples and with the bad ones among them. */
  readonly burst: readonly DemoRecord[];
  /** Four tenths. */
  readonly steady: readonly DemoRecord[];
  /** One tenth, held back until the alert has fired. */
  readonly heldBack: readonly DemoRecord[];
  readonly examples: number;
  readonly generated: number;
  readonly bad: readonly BadRecord[];
}

/** The rows of the example, each as one JSON object, as `sealstream ingest` publishes them. */
export function exampleRecords(): DemoRecord[] {
  const [head = '', ...rows] = readFileSync(EXAMPLE, 'utf8').trim().split(/\r?\n/);
  const names = head.split(',');
  return rows.map((row) => {
    const cells = row.split(',');
    const members = names.map((name, n) => [name, cells[n] ?? ''] as const);
    return {
      key: Buffer.from(cells[names.indexOf('ssn')] ?? ''),
      value: Buffer.from(JSON.stringify(Object.fromEntries(members))),
      fields: members.map(([name, text]) => [`/${name}`, text] as const),
    };
  });
}

export function loadOf(seed: string, records: number): Load {
  const half = Math.floor(records / 2);
  const tenth = Math.floor(records / 10);
  const range = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => personRecord(seed, from + n));
  const examples = exampleRecords();
  const bad = badRecords(seed, records);
  const burst: DemoRecord[] = [...examples, ...range(0, half)];
  // Bad records stand among good ones, which must not wait or go missing because of them.
  for (const [n, record] of bad.entries())
    burst.splice(Math.floor(((n + 1) * burst.length) / (bad.length + 1)), 0, record);
  return {
    burst,
    steady: range(half, records - tenth),
    heldBack: range(records - tenth, records),
    examples: examples.length,
    generated: records,
    bad,
  };
}

/** As fast as it goes; measures records a second from the first one to the last on both outputs. */
export async function burst(
  session: DemoSession,
  records: readonly DemoRecord[],
  bad: number,
  progress: Progress,
): Promise<void> {
  const good = records.length - bad;
  const target = {
    masked: session.seen('masked') + good,
    encrypted: session.seen('encrypted') + good,
  };
  const began = performance.now();
  let failure: unknown;
  const writing = session.producer.burst(records).catch((error: unknown) => {
    failure = error;
  });
  await session.until(
    'the burst is masked and encrypted',
    () => {
      if (failure !== undefined) throw failure;
      progress.update(`${session.seen('masked')} of ${good} masked`);
      return (
        session.seen('masked') >= target.masked && session.seen('encrypted') >= target.encrypted
      );
    },
    FLOW_WAIT_MS,
  );
  await writing;
  session.measures.recordsPerSecond = Math.round((good * 1000) / (performance.now() - began));
}

/** At a steady rate; measures the time from a record's own timestamp to its masked form being read. */
export async function steady(
  session: DemoSession,
  records: readonly DemoRecord[],
  progress: Progress,
): Promise<void> {
  const first = session.arrivals.length;
  const masked = session.seen('masked') + records.length;
  const onTick = (sent: number) => progress.update(`${sent} of ${records.length} published`);
  await session.producer.evenly(records, STEADY_PER_SECOND, onTick, session.signal);
  const isThrough = () => session.seen('masked') >= masked && session.ledger.count >= masked;
  await session.until('the steady part is masked', isThrough, FLOW_WAIT_MS);
  const latencies = session.arrivals.slice(first).flatMap(({ partition, offset, seenMs }) => {
    const raw = session.ledger.find(partition, offset);
    return raw === undefined ? [] : [seenMs - Number(raw.timestamp)];
  });
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))] ?? 0;
  session.measures.latencyMsP50 = Math.round(at(0.5) * 10) / 10;
  session.measures.latencyMsP99 = Math.round(at(0.99) * 10) / 10;
}

const now = () => performance.timeOrigin + performance.now();

/**
 * Publishes nothing until the alert fires that throughput stopped, then the records evenly over the
 * time within which it must be resolved.
 */
export async function holdBack(
  session: DemoSession,
  records: readonly DemoRecord[],
  progress: Progress,
): Promise<void> {
  const { alerts, producer } = session;
  const pausedMs = now();
  const said = () => ((now() - pausedMs) / 1000).toFixed(0);
  await session.comes(() => {
    progress.update(`nothing published for ${said()} s`);
    return alerts.fired(pausedMs).length > 0;
  }, FIRE_WITHIN_MS);
  const [first] = alerts.fired(pausedMs);
  const resumedMs = now();
  const isCalm = () => {
    const resolutions = alerts.resolutions(alerts.fired(pausedMs));
    return resolutions.length > 0 && resolutions.every((each) => each !== undefined);
  };
  const perSecond = (records.length * 1000) / RESOLVE_WITHIN_MS;
  const alarm =
    first === undefined ? 'no alert' : `alert after ${Math.round(first.seenMs - pausedMs)} ms`;
  const onTick = (sent: number) => {
    const calm = isCalm() ? ', resolved' : '';
    progress.update(`${alarm}, ${sent} of ${records.length} published${calm}`);
  };
  // Without an alert there is nothing to resolve, and nothing to wait for.
  if (first === undefined) await producer.burst(records);
  else await producer.evenly(records, perSecond, onTick, session.signal);
  await session.comes(
    isCalm,
    first === undefined ? 0 : Math.max(0, resumedMs + RESOLVE_WITHIN_MS - now()),
  );
  const fired = alerts.fired(pausedMs);
  const resolutions = alerts.resolutions(fired).filter((each) => each !== undefined);
  session.measures.alert = {
    firedAfterMs: first === undefined ? undefined : first.seenMs - pausedMs,
    resolvedAfterMs: isCalm() ? Math.max(...resolutions) - resumedMs : undefined,
    fired: fired.length,
    resolved: resolutions.length,
    topic: first?.event.topic,
  };
}
