import { join } from 'node:path';
import { SERVICES } from '@sealstream/contracts';
import type { StackKind } from '../stack/state.ts';
import { type CheckRun, runChecks } from './check-run.ts';
import { failedOf } from './checks/check.ts';
import { type Ground, layGround } from './ground.ts';
import { burst, holdBack, loadOf, type Load, steady, STEADY_PER_SECOND } from './load.ts';
import type { DemoOptions } from './options.ts';
import { type Output, Progress } from './progress.ts';
import { jsonOf, type Report, tableLines } from './report.ts';
import { sampleLines, takeSample } from './sample.ts';
import { DemoSession, Interrupted } from './session.ts';
import { shredLines, type ShredRun, shredSubject } from './shred.ts';
import { tearDown } from './tear-down.ts';

/** Where a run speaks, and how it is ended early. */
export interface RunOptions extends DemoOptions {
  /** The closing table, or the JSON object. */
  readonly out: Output;
  /** Progress. */
  readonly err: Output;
  readonly signal: AbortSignal;
  /** Where the servers come from; tests never take the user's own. */
  readonly kind?: StackKind | 'auto';
  /**
   * For tests: called with the running system after its checks, so that faults can be planted in
   * it; what it gives is reported instead.
   */
  readonly afterChecks?: (
    session: DemoSession,
    run: CheckRun,
    progress: Progress,
  ) => Promise<CheckRun>;
}

export const EXIT = { passed: 0, failed: 1, usage: 2, missing: 3, interrupted: 130 } as const;

/** Publishes all parts of the load. */
async function publish(session: DemoSession, load: Load, progress: Progress): Promise<void> {
  for (const part of [load.burst, load.steady, load.heldBack]) session.expect(part);
  const { measures } = session;
  progress.begin(`burst of ${load.burst.length} records`);
  await burst(session, load.burst, load.bad.length, progress);
  progress.end(`${measures.recordsPerSecond} records/s`);
  progress.begin(`${load.steady.length} records at ${STEADY_PER_SECOND}/s`);
  await steady(session, load.steady, progress);
  progress.end(`p50 ${measures.latencyMsP50} ms, p99 ${measures.latencyMsP99} ms`);
  progress.begin('nothing is published until the alert fires');
  await holdBack(session, load.heldBack, progress);
  const { firedAfterMs, resolvedAfterMs } = measures.alert;
  const said = (ms: number | undefined) =>
    ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`;
  progress.end(`fired after ${said(firedAfterMs)}, resolved after ${said(resolvedAfterMs)}`);
}

function reportOf(
  options: RunOptions,
  session: DemoSession,
  load: Load,
  run: Report['run'],
  beganMs: number,
): Report {
  const { ground, measures } = session;
  const { kafkaVersion, redisVersion, kind } = ground.stack;
  const kafka = kafkaVersion === '' ? 'Kafka' : `Kafka ${kafkaVersion}`;
  const here = ground.secure === undefined ? '127.0.0.1' : '127.0.0.1 over TLS';
  const at = kind === 'own' ? 'your own servers' : here;
  return {
    run,
    measures,
    load,
    topics: ground.dataset.topics,
    servers: `${kafka}, Redis ${redisVersion}, ${SERVICES.length} services on ${at}`,
    seed: options.seed,
    seconds: (performance.now() - beganMs) / 1000,
    isOwn: kind === 'own',
    logOf: (service) => {
      return service === undefined ? ground.place.logs : join(ground.place.logs, `${service}.log`);
    },
  };
}

/** With --shred: shreds the person of one record and shows what opens no more. */
async function shredded(
  { shred }: RunOptions,
  session: DemoSession,
  raw: Buffer | undefined,
  progress: Progress,
): Promise<ShredRun | undefined> {
  if (!shred || raw === undefined) return undefined;
  progress.begin('one person is shredded');
  const run = await shredSubject(session, raw);
  progress.end(`refused after ${run.refusedAfterMs} ms`);
  return run;
}

/**
 * The whole demo.
 *
 * Promises: whatever happens, what was started is ended and what was written removed, unless --keep
 * was given and the run came to its end; after a failure the logs stay, and are named.
 *
 * @returns the exit code
 */
export async function runDemo(options: RunOptions): Promise<number> {
  const { out, err, signal, records, seed, json, keep } = options;
  const progress = new Progress(err);
  const beganMs = performance.now();
  const parts: { -readonly [P in keyof Ground]?: Ground[P] } = {};
  let session: DemoSession | undefined;
  const lines: string[] = [];
  let exit: number = EXIT.failed;
  try {
    const onPart = (part: Partial<Ground>) => void Object.assign(parts, part);
    const ground = await layGround({
      progress,
      keep,
      onPart,
      signal,
      kind: options.kind ?? 'auto',
      secure: options.secure,
    });
    session = await DemoSession.open(ground, signal);
    progress.begin('services');
    await session.start();
    progress.end(SERVICES.join(', '));
    const load = loadOf(seed, records);
    await publish(session, load, progress);
    progress.begin('checks');
    const checked = await runChecks(session, progress);
    const run = (await options.afterChecks?.(session, checked, progress)) ?? checked;
    const [, shown] = load.steady;
    const sample = shown && (await takeSample(session, shown.value));
    progress.end(`seed ${seed}`);
    const shred = await shredded(options, session, shown?.value, progress);
    const report = reportOf(options, session, load, run, beganMs);
    const isShred = shred?.steps.every(({ ok }) => ok) !== false;
    exit = failedOf(run.verdicts).length === 0 && isShred ? EXIT.passed : EXIT.failed;
    if (json) lines.push(JSON.stringify({ ...jsonOf(report), ...(shred && { shred }) }));
    else
      lines.push(
        ...(sample ? [...sampleLines(sample), ''] : []),
        ...(shred ? [...shredLines(shred), ''] : []),
        ...tableLines(report),
      );
  } catch (error) {
    if (!signal.aborted && !(error instanceof Interrupted)) throw error;
    exit = EXIT.interrupted;
    progress.note('interrupted');
  } finally {
    const isWhole = exit === EXIT.passed || exit === EXIT.interrupted;
    const ended = await tearDown({
      parts,
      session,
      progress,
      keep: keep && lines.length > 0,
      isWhole,
    });
    if (!json) lines.push(...ended);
    else if (keep || !isWhole) for (const line of ended) progress.note(line.trim());
    for (const line of lines) out.write(`${line}\n`);
  }
  return exit;
}
