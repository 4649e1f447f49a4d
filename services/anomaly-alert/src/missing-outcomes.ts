import type { PlainEvent } from '@sealstream/contracts';

import type { Condition, Rule } from './condition.ts';

/** What an order is followed by, whatever came of it. */
const OUTCOMES: Partial<Record<PlainEvent['type'], PlainEvent['type']>> = {
  'access-ordered': 'access-done',
  'detokenise-ordered': 'detokenised',
  'account-change-ordered': 'account-changed',
};
const ARE_OUTCOMES = new Set(Object.values(OUTCOMES));
/** Orders that wait at once; of more, the oldest is forgotten, and told as missing by the audit log alone. */
const WAITING_MAX = 20_000;
const TEXT_MAX = 100;

interface Order {
  readonly service: string;
  readonly atMs: number;
  /** Who ordered what. */
  readonly what: string;
  /** Most that could be given. */
  readonly values: number;
}

interface Known {
  readonly atMs: number;
  readonly seen: string;
}

export interface OutcomeTimes {
  /** An order is given so long for its outcome. */
  readonly waitMs: number;
  /** How long one without is told. */
  readonly holdMs: number;
}

/**
 * Rule missing-outcome: something was ordered that gives plaintext or changes something, and nobody said
 * what came of it. The process may have ended after it gave everything away, so it counts as done. Good
 * again when the outcome comes after all, else after holdMs.
 */
export class MissingOutcomes implements Rule {
  readonly #times: OutcomeTimes;
  /** Oldest first, by what their outcome will say; a caller may use a request's id again. */
  readonly #waiting = new Map<string, Order[]>();
  /** Services of which orders were late. */
  readonly #late = new Set<string>();
  readonly #restored = new Map<string, Known>();
  #count = 0;

  constructor(times: OutcomeTimes) {
    this.#times = times;
  }

  /** @param service whose topic the event came by */
  event(service: string, event: PlainEvent, atMs: number): void {
    const { actor, dataset = '', details, emitter, type } = event;
    const { action = '', request = '', told, values } = details;
    const outcome = OUTCOMES[type];
    const place = (of: PlainEvent['type']) =>
      JSON.stringify([service, emitter, of, actor, action, request]);
    if (ARE_OUTCOMES.has(type)) this.#settle(place(type));
    // A read is told once, before its answer.
    if (outcome === undefined || told === 'read') return;
    const name = place(outcome);
    const what = [type, actor, action, dataset, request].filter((part) => part !== '').join(' ');
    const order: Order = {
      service,
      atMs,
      what: what.slice(0, TEXT_MAX),
      values: typeof values === 'number' ? values : 0,
    };
    this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), order]);
    this.#count += 1;
    const [oldest] = this.#waiting.keys();
    if (this.#count > WAITING_MAX && oldest !== undefined) this.#settle(oldest);
  }

  /** What an earlier process told: the events are not read again. */
  restore(service: string, known: Known): void {
    this.#restored.set(service, known);
  }

  conditions(nowMs: number): Condition[] {
    const { holdMs, waitMs } = this.#times;
    const beginMs = nowMs - holdMs;
    this.#forget(beginMs);
    const waiting = [...this.#waiting.values()].flat();
    const late = Map.groupBy(
      waiting.filter(({ atMs }) => atMs <= nowMs - waitMs),
      ({ service }) => service,
    );
    for (const service of late.keys()) this.#late.add(service);
    const services = new Set([...this.#late, ...this.#restored.keys()]);
    return Array.from(services, (service) =>
      conditionOf(service, late.get(service) ?? [], this.#restored.get(service), nowMs),
    );
  }

  #forget(beforeMs: number): void {
    for (const [name, orders] of this.#waiting)
      for (let old = orders.filter(({ atMs }) => atMs <= beforeMs).length; old > 0; old -= 1)
        this.#settle(name);
    for (const [service, { atMs }] of this.#restored)
      if (atMs <= beforeMs) this.#restored.delete(service);
  }

  #settle(name: string): void {
    const orders = this.#waiting.get(name);
    if (orders === undefined) return;
    orders.shift();
    this.#count -= 1;
    if (orders.length === 0) this.#waiting.delete(name);
  }
}

function conditionOf(
  service: string,
  orders: readonly Order[],
  restored: Known | undefined,
  nowMs: number,
): Condition {
  const [first] = orders;
  const seen = first === undefined ? restored?.seen : seenOf(first, orders);
  return {
    id: `missing-outcome/${service}`,
    rule: 'missing-outcome',
    service,
    signal: seen === undefined ? 'good' : 'bad',
    expected: 'what came of each order stands on the audit log',
    seen: seen ?? 'every order has its outcome',
    sinceMs: restored?.atMs ?? first?.atMs ?? nowMs,
  };
}

function seenOf({ what }: Order, orders: readonly Order[]): string {
  const most = orders.reduce((sum, { values }) => sum + values, 0);
  const many = orders.length === 1 ? '1 order' : `${orders.length} orders`;
  return `${many} without, ${most} values at most; the first: ${what}`;
}
