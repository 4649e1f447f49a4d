import type { DatasetFlow, Flow, StageName, TopicKind } from './answers.ts';

/** Of each second: what the charts draw. null where nothing was known. */
export interface Sample {
  /** Seconds since 1970, by the service's clock. */
  readonly at: number;
  readonly rates: Readonly<Record<TopicKind, number>>;
  readonly lagSeconds: Readonly<Partial<Record<StageName, number | null>>>;
  readonly latencyMs: Readonly<Partial<Record<StageName, number | null>>>;
}

export type History = ReadonlyMap<string, readonly Sample[]>;

/** Five minutes. */
export const HISTORY_SECONDS = 300;

function sampleOf(at: number, { rates, stages }: DatasetFlow): Sample {
  const of = <T>(value: (stage: DatasetFlow['stages'][number]) => T) =>
    Object.fromEntries(stages.map((stage) => [stage.name, value(stage)]));
  return {
    at,
    rates,
    lagSeconds: of((stage) => stage.lagSeconds),
    latencyMs: of((stage) => stage.latencyMs?.p95 ?? null),
  };
}

/** The history with one more moment; what is older than five minutes or not in order is left out. */
export function withSample(history: History, flow: Flow): History {
  const at = Date.parse(flow.at) / 1000;
  return new Map(
    flow.datasets.map((dataset) => {
      const before = history.get(dataset.name) ?? [];
      const kept = before.filter((sample) => sample.at > at - HISTORY_SECONDS && sample.at < at);
      return [dataset.name, [...kept, sampleOf(at, dataset)]];
    }),
  );
}

/** Every n-th sample from the newest back, newest first: a table that a person can read. */
export function thinned(samples: readonly Sample[], everySeconds: number): readonly Sample[] {
  const rows: Sample[] = [];
  for (const sample of samples.toReversed()) {
    const last = rows.at(-1);
    if (last === undefined || last.at - sample.at >= everySeconds) rows.push(sample);
  }
  return rows;
}
