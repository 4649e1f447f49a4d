import { type Lag, type LagSample, StageLags, type WatchedStage } from '@sealstream/service';

import { type Condition, type Rule, seconds } from './condition.ts';

export interface LagLimits {
  /** Either limit makes it bad; it is good again below half of both. */
  readonly records: number;
  readonly ageMs: number;
}

/** Rule lag: a stage is behind by more records, or for longer, than the limits. */
export class LagRule implements Rule {
  readonly #limits: LagLimits;
  readonly #stages: readonly WatchedStage[];
  readonly #lags: StageLags;

  constructor(stages: readonly WatchedStage[], limits: LagLimits) {
    this.#limits = limits;
    this.#stages = stages;
    this.#lags = new StageLags(stages);
  }

  /** New figures of every partition of a stage. */
  sample(watched: WatchedStage, samples: readonly LagSample[], nowMs: number): void {
    this.#lags.sample(watched, samples, nowMs);
  }

  /** Figures could not be had: nothing is concluded until they can. */
  unknown(watched: WatchedStage): void {
    this.#lags.unknown(watched);
  }

  lags(nowMs: number): { readonly watched: WatchedStage; readonly lag: Lag }[] {
    return this.#stages.flatMap((watched) => {
      const lag = this.#lags.of(watched, nowMs);
      return lag === null ? [] : [{ watched, lag }];
    });
  }

  conditions(nowMs: number): Condition[] {
    return this.#stages.map((stage) => this.#condition(stage, nowMs));
  }

  #condition(watched: WatchedStage, nowMs: number): Condition {
    const { ageMs, records } = this.#limits;
    const lag = this.#lags.of(watched, nowMs);
    const { dataset, stage: service, topic } = watched;
    const isOver = lag !== null && (lag.records >= records || lag.ageMs >= ageMs);
    const isLow = lag !== null && lag.records < records / 2 && lag.ageMs < ageMs / 2;
    return {
      id: `lag/${dataset}/${topic}/${service}`,
      rule: 'lag',
      dataset,
      topic,
      service,
      signal: isOver ? 'bad' : isLow ? 'good' : 'hold',
      expected: `fewer than ${records} records and less than ${seconds(ageMs)} behind`,
      seen: lag === null ? 'unknown' : `${lag.records} records, ${seconds(lag.ageMs)} behind`,
      ...(lag === null || lag.ageMs === 0 ? {} : { sinceMs: nowMs - lag.ageMs }),
      ...(lag === null || lag.first === null ? {} : { firstOffset: lag.first }),
    };
  }
}
