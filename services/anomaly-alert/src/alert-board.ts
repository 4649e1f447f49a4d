import type { AlertEvent } from '@sealstream/contracts';

import { type AlertState, type AlertTimes, firingSince, QUIET, step } from './alert-state.ts';
import type { Condition, Rule } from './condition.ts';

export interface BoardOptions {
  readonly rules: readonly Rule[];
  readonly timesOf: (rule: AlertEvent['rule']) => AlertTimes;
  /** Where the runbooks stand; `<rule>.md` is added. */
  readonly runbooks: string;
}

/** An alert that is watched and where it stands, for metrics. */
export interface StandingAlert
  extends Pick<Condition, 'dataset' | 'id' | 'rule' | 'service' | 'topic'> {
  readonly phase: AlertState['phase'];
}

interface Entry {
  state: AlertState;
  condition: Condition;
  sinceMs: number;
}

/**
 * All alerts of a watcher: asks every rule, moves every state, and tells what changed.
 *
 * Promises: an alert restored from security.alerts is not forgotten: it stays firing until its rule
 * finds it good for the resolve time, and resolves with that reason when nothing watches it any
 * more. Pure but for its memory; time is passed in.
 */
export class AlertBoard {
  readonly #options: BoardOptions;
  readonly #entries = new Map<string, Entry>();
  #judged: readonly Condition[] = [];

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  /** Takes over an alert that an earlier process left on the topic. */
  restore(event: AlertEvent): void {
    if (event.state !== 'firing') return;
    const sinceMs = Date.parse(event.since);
    const { dataset, expected, firstOffset, id, rule, seen, service, topic } = event;
    this.#entries.set(id, {
      state: firingSince(sinceMs),
      sinceMs,
      condition: {
        id,
        rule,
        signal: 'hold',
        expected,
        seen,
        ...(dataset === undefined ? {} : { dataset }),
        ...(topic === undefined ? {} : { topic }),
        ...(service === undefined ? {} : { service }),
        ...(firstOffset === undefined ? {} : { firstOffset }),
      },
    });
  }

  /** One look at everything; gives the changes in the order of the rules. */
  look(nowMs: number): AlertEvent[] {
    const isActive = (id: string) => (this.#entries.get(id)?.state.phase ?? 'quiet') !== 'quiet';
    const conditions = this.#options.rules.flatMap((rule) => rule.conditions(nowMs, isActive));
    const seen = new Set(conditions.map(({ id }) => id));
    for (const [id, { condition }] of this.#entries)
      if (!seen.has(id))
        conditions.push({ ...condition, signal: 'good', seen: 'it is no longer watched' });
    this.#judged = conditions;
    return conditions.flatMap((condition) => this.#move(condition, nowMs));
  }

  /** Everything that the last look judged, and what is still active. */
  standing(): StandingAlert[] {
    return this.#judged.map(({ dataset, id, rule, service, topic }) => ({
      id,
      rule,
      phase: this.#entries.get(id)?.state.phase ?? 'quiet',
      ...(dataset === undefined ? {} : { dataset }),
      ...(topic === undefined ? {} : { topic }),
      ...(service === undefined ? {} : { service }),
    }));
  }

  #move(condition: Condition, nowMs: number): AlertEvent[] {
    const entry = this.#entries.get(condition.id) ?? { state: QUIET, condition, sinceMs: nowMs };
    const times = this.#options.timesOf(condition.rule);
    const { change, state } = step(entry.state, condition.signal, nowMs, times);
    // Since when is said once, when it begins; the rule's view of it moves on as things get better.
    if (state.phase === 'pending' && entry.state.phase === 'quiet')
      entry.sinceMs = condition.sinceMs ?? nowMs;
    entry.state = state;
    entry.condition = condition;
    // A quiet one is kept while its flaps count.
    const isForgotten =
      state.phase === 'quiet' &&
      (state.resolvedAtMs === null || nowMs - state.resolvedAtMs >= times.calmMs);
    if (isForgotten) this.#entries.delete(condition.id);
    else this.#entries.set(condition.id, entry);
    return change === null ? [] : [this.#event(entry, change, nowMs)];
  }

  #event({ condition, sinceMs }: Entry, state: AlertEvent['state'], nowMs: number): AlertEvent {
    const { dataset, expected, firstOffset, id, rule, seen, service, topic } = condition;
    return {
      v: 1,
      id,
      rule,
      state,
      ...(dataset === undefined ? {} : { dataset }),
      ...(topic === undefined ? {} : { topic }),
      ...(service === undefined ? {} : { service }),
      expected,
      seen,
      since: new Date(sinceMs).toISOString(),
      time: new Date(nowMs).toISOString(),
      ...(firstOffset === undefined ? {} : { firstOffset }),
      runbook: `${this.#options.runbooks}/${rule}.md`,
    };
  }
}
