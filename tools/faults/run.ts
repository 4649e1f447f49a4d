import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Output, Progress } from '../demo/progress.ts';
import { Interrupted } from './drain.ts';
import { checkAll, type FinalFindings } from './final-checks.ts';
import { type Ground, layGround } from './ground.ts';
import type { FaultsOptions } from './options.ts';
import { planOf, type PlannedFault, wordsOf } from './plan.ts';
import { findingLines, isClean, jsonOf, type Report, tableLines } from './report.ts';
import { type RoundOutcome, runRound } from './round.ts';
import { FaultsSession } from './session.ts';
import { tearDown } from './tear-down.ts';

/** Where a run speaks, and how it is ended early. */
export interface RunOptions extends FaultsOptions {
  /** The closing table, or the JSON object. */
  readonly out: Output;
  /** Progress and findings. */
  readonly err: Output;
  readonly signal: AbortSignal;
  readonly brokers: 1 | 3;
  /**
   * For tests: called with the session after its checks, while servers and readers still run, so that
   * findings can be planted; what it gives is reported instead.
   */
  readonly afterChecks?: (
    session: FaultsSession,
    findings: FinalFindings,
  ) => Promise<FinalFindings>;
}

export const EXIT = { clean: 0, found: 1, usage: 2, missing: 3, interrupted: 130 } as const;

function timesOf({ faultsMs, mendedMs, drainedMs }: RoundOutcome): string {
  const [faults, mended, drained] = [faultsMs, mendedMs, drainedMs].map((ms) => ms / 1000);
  return `faults ${faults.toFixed(1)} s, mended ${mended.toFixed(1)} s, dry ${drained.toFixed(1)} s`;
}

type Rounds = readonly (readonly PlannedFault[])[];

/** Rounds until one finds something: what comes after it would only hide where it began. */
async function runRounds(
  session: FaultsSession,
  plan: Rounds,
  options: RunOptions,
  progress: Progress,
): Promise<number> {
  const { onlyRound } = options;
  for (const [index, faults] of plan.entries()) {
    const number = index + 1;
    if (onlyRound !== undefined && number !== onlyRound) continue;
    progress.begin(`round ${number} of ${plan.length}: ${faults.map(wordsOf).join(', ')}`);
    const outcome = await runRound(session, faults);
    const found = Object.entries(outcome.findings.counts).filter(([, count]) => count > 0);
    const said = found.map(([name, count]) => `; FOUND ${name} ${count}`).join('');
    progress.end(`${session.ledger.next} records sent; ${timesOf(outcome)}${said}`);
    if (found.length > 0) return number;
  }
  return onlyRound === undefined ? plan.length : onlyRound;
}

function reportOf(
  options: RunOptions,
  session: FaultsSession,
  rounds: number,
  findings: FinalFindings,
  beganMs: number,
): Report {
  const { kcats, ledger, tally, unasked, watch } = session;
  return {
    options,
    brokers: options.brokers,
    rounds,
    findings,
    tally,
    ledger,
    records: watch.view.raw.reduce((sum, records) => sum + records.length, 0),
    unasked,
    kcatRestarts: [...kcats.values()].reduce((sum, { restarts }) => sum + restarts, 0),
    seconds: (performance.now() - beganMs) / 1000,
  };
}

/** Everything between a ground that is laid and the report. */
async function runOn(
  session: FaultsSession,
  options: RunOptions,
  progress: Progress,
  beganMs: number,
): Promise<Report> {
  const { brokers, client, isShort, kinds, requests, rounds, seed } = options;
  // The plan is the same; what is lost of a stock worker is lost of the one that stands for mask.
  const whose = client === 'stock' ? ({ answersOf: 'mask' } as const) : {};
  const plan = planOf({ seed, rounds, brokers, isShort, kinds, requests, ...whose });
  const { logs } = session.ground.place;
  writeFileSync(join(logs, 'plan.json'), `${JSON.stringify({ seed, plan }, null, 2)}\n`);
  progress.begin('services');
  await session.start();
  progress.end(options.client === 'stock' ? 'mask is a plain kafkajs worker' : '');
  const done = await runRounds(session, plan, options, progress);
  progress.begin('checks');
  const checked = await checkAll(session, (what) => progress.update(what));
  const findings = (await options.afterChecks?.(session, checked)) ?? checked;
  progress.end();
  return reportOf(options, session, done, findings, beganMs);
}

/**
 * A whole run.
 *
 * Promises: whatever happens, what was started is ended and what was written removed, but for logs
 * and the audit log when something was found or the run failed; then they are named.
 *
 * @returns the exit code
 */
export async function runFaults(options: RunOptions): Promise<number> {
  const { brokers, err, json, out, signal } = options;
  const progress = new Progress(err);
  const beganMs = performance.now();
  const parts: { -readonly [P in keyof Ground]?: Ground[P] } = {};
  const onPart = (part: Partial<Ground>) => void Object.assign(parts, part);
  let session: FaultsSession | undefined;
  let exit: number = EXIT.found;
  try {
    progress.begin('servers');
    const onProgress = (line: string) => progress.update(line);
    const ground = await layGround({ brokers, onProgress, onPart, signal });
    const { kafkaVersion, redisVersion } = ground.stack;
    progress.end(`${brokers} × Kafka ${kafkaVersion}, Redis ${redisVersion}; seed ${options.seed}`);
    session = await FaultsSession.open(ground, options, signal, onProgress);
    const report = await runOn(session, options, progress, beganMs);
    exit = isClean(report) ? EXIT.clean : EXIT.found;
    for (const line of findingLines(report, ground.place.root)) progress.note(line);
    for (const line of json ? [JSON.stringify(jsonOf(report))] : tableLines(report))
      out.write(`${line}\n`);
  } catch (error) {
    if (!signal.aborted && !(error instanceof Interrupted)) {
      if (parts.place !== undefined) progress.note(`the logs stay in ${parts.place.root}`);
      throw error;
    }
    exit = EXIT.interrupted;
    progress.note('interrupted');
  } finally {
    const isWhole = exit !== EXIT.found && !options.keepLogs;
    await tearDown(parts, session, progress, isWhole);
    if (options.keepLogs) progress.note(`logs: ${parts.place?.root ?? 'none'}`);
  }
  return exit;
}
