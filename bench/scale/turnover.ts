import { setTimeout as sleep } from 'node:timers/promises';
import { RunningService } from '../flow/running-service.ts';
import { type Line, lineOf } from '../ground/lines.ts';
import { OUTPUT, RAW } from '../flow/outcomes.ts';
import type { Ground } from './ground.ts';
import { ReplicaSet } from './replica-set.ts';
import type { Sightings, Span, Verdict } from './sightings.ts';
import { SteadyLoad } from './steady-load.ts';
import { Watch } from './watch.ts';

const [FIRST, SECOND, THIRD] = ['mask-1', 'mask-2', 'mask-3'];
/** How long the load runs before, as a share of the time that is asked for: a cold broker pauses. */
const WARM_UP = 0.5;
/** When what happens, as a share of the time that is asked for; later where the group takes longer. */
const AT = { secondJoins: 0.1, thirdJoins: 0.2, restart: 0.4, kill: 0.6, thirdAgain: 0.9, end: 1 };
/** For the first record through a broker that has just started, and for the last one. */
const WITHIN_MS = 120_000;

/** A replica went, by its process, and what it worked on then. */
interface Departure {
  readonly span: Span;
  /** Partitions of the replica itself, and those of the others. */
  readonly own: readonly number[];
  readonly others: readonly number[];
}

/** What happened, and when. */
interface Events {
  /** Nothing happens. */
  readonly calm: Span;
  readonly restart: Departure;
  readonly kill: Departure;
}

/** mask exactly once, while its replicas come and go under a steady load. */
export async function measureTurnover(ground: Ground): Promise<void> {
  const { flow, kafka, options, report, stack } = ground;
  const { bytes, partitions, rate, seconds } = options;
  const watch = await Watch.open(stack.kafkaBrokers, OUTPUT.mask, partitions);
  const replicas = new ReplicaSet(flow);
  let ingest: RunningService | undefined;
  let load: SteadyLoad | undefined;
  try {
    report.progress.step('starting ingest and one mask');
    ingest = await RunningService.start('ingest', flow.environmentOf('ingest'));
    await replicas.start(FIRST);
    await replicas.shares(partitions);
    load = new SteadyLoad({ kafka, topic: RAW, bytes }, rate);
    if (!(await watch.until(() => watch.sightings.isEverywhere, WITHIN_MS)))
      throw new Error(`${OUTPUT.mask} stays empty:\n${ingest.said()}`);
    report.progress.step(`${rate} records/s to one mask, to warm up`);
    await sleep(WARM_UP * seconds * 1000);
    const events = await comeAndGo(ground, replicas);
    ingest.requireRunning();
    const written = await load.stop();
    const records = written.reduce((sum, count) => sum + count, 0);
    report.progress.step(`waiting for the last of ${records} records`);
    // What is missing by then is lost, and is told so.
    await watch.until(() => watch.sightings.different >= records, WITHIN_MS);
    await replicas.stopAll();
    if (!(await watch.reachesEnd(WITHIN_MS)))
      throw new Error(`${OUTPUT.mask} cannot be read to its end`);
    const verdict = watch.sightings.judge(written);
    const under = { bytes, records, partitions, rate, seconds };
    report.lines(turnoverLines(verdict, watch.sightings, events, under));
    requireExactlyOnce(verdict);
  } finally {
    report.progress.step('stopping the services');
    // Each of them whatever becomes of the others; what failed was told before.
    await Promise.allSettled([load?.stop(), replicas.stopAll(), ingest?.stop(), watch.close()]);
  }
}

/**
 * Goes through the timetable. The second and the third join into each other's rebalance; every other
 * step waits until the group has settled, so that a pause has one cause.
 */
async function comeAndGo({ options, report }: Ground, replicas: ReplicaSet): Promise<Events> {
  const { partitions, seconds } = options;
  const beganMs = performance.now();
  const at = async (share: number, step: string) => {
    await sleep(Math.max(0, beganMs + share * seconds * 1000 - performance.now()));
    report.progress.step(`${Math.round((performance.now() - beganMs) / 1000)} s: ${step}`);
    return performance.now();
  };
  const settledAt = async (share: number, step: string) => {
    await replicas.shares(partitions);
    return at(share, step);
  };
  const before = async (leaving: string, others: readonly string[]) => ({
    own: await replicas.partitionsOf(leaving),
    others: (await Promise.all(others.map((name) => replicas.partitionsOf(name)))).flat(),
  });
  const secondJoinsMs = await at(AT.secondJoins, `${SECOND} joins`);
  await replicas.start(SECOND);
  await at(AT.thirdJoins, `${THIRD} joins`);
  await replicas.start(THIRD);
  const restartMs = await settledAt(AT.restart, `${SECOND} is told to stop, and is started again`);
  const restart = await before(SECOND, [FIRST, THIRD]);
  await replicas.stop(SECOND);
  await replicas.start(SECOND);
  const killMs = await settledAt(AT.kill, `${THIRD} is killed`);
  const kill = await before(THIRD, [FIRST, SECOND]);
  await replicas.kill(THIRD);
  const againMs = await settledAt(AT.thirdAgain, `${THIRD} is started again`);
  await replicas.start(THIRD);
  await settledAt(AT.end, 'the end');
  return {
    calm: { fromMs: beganMs, untilMs: secondJoinsMs },
    restart: { ...restart, span: { fromMs: restartMs, untilMs: killMs } },
    kill: { ...kill, span: { fromMs: killMs, untilMs: againMs } },
  };
}

function turnoverLines(
  verdict: Verdict,
  sightings: Sightings,
  { calm, kill, restart }: Events,
  under: Line['with'],
): Line[] {
  const all = [...restart.own, ...restart.others];
  const calmMs = sightings.longestPauseMs(all, calm);
  const pause = (what: string, partitions: readonly number[], { span }: Departure) => ({
    what,
    unit: 'ms',
    against: 'the longest pause while nothing happens',
    figure: sightings.longestPauseMs(partitions, span),
    reference: calmMs,
    places: 0,
    with: under,
  });
  const wanted = { goal: '<= 3000' } as const;
  return [
    ...(['lost', 'doubled', 'reordered'] as const).map((what) =>
      lineOf({
        what: `turnover, ${what}`,
        unit: 'records',
        against: 'nothing',
        figure: verdict[what],
        reference: null,
        places: 0,
        goal: '<= 0',
        with: under,
      }),
    ),
    // Its own wait for the process to start again, or for the end of its session: nothing is asked of them.
    lineOf(pause('restart, its partitions', restart.own, restart)),
    lineOf({ ...pause('restart, the others', restart.others, restart), ...wanted }),
    lineOf(pause('kill -9, its partitions', kill.own, kill)),
    lineOf({ ...pause('kill -9, the others', kill.others, kill), ...wanted }),
  ];
}

/** Throws when a record was not seen once and in order. */
export function requireExactlyOnce({ doubled, lost, reordered }: Verdict): void {
  if (lost + doubled + reordered > 0)
    throw new Error(`turnover: ${lost} records lost, ${doubled} doubled, ${reordered} reordered`);
}
