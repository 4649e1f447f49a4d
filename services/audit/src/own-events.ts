import type { PlainEvent } from '@sealstream/contracts';
import { encodeOwn, type Finding, heartbeatEvent, type SourceState } from '@sealstream/audit-log';
import type { LostRange } from './source-state.ts';

/** What a gap or repeat is told as, to the log and to whoever watches. */
export type GapDetails = Readonly<Record<string, string | number>>;

/** Most gaps of one batch that get an event each; the rest is told as a number. */
export const GAPS_MAX = 20;
const TEXT_MAX = 200;

/** The events that the log says itself, numbered from 0 in each start of the service. */
export class OwnEvents {
  readonly #emitter: string;
  #next = 0;

  constructor(emitter: string) {
    this.#emitter = emitter;
  }

  heartbeat(state: SourceState, timeMs: number): Buffer {
    const who = { emitter: this.#emitter, actor: this.#emitter };
    return encodeOwn(heartbeatEvent({ ...who, number: this.#number(), timeMs, state }));
  }

  gap(details: GapDetails, timeMs: number): Buffer {
    return this.#event('gap', details, timeMs);
  }

  offsetsLost({ from, partition, reason, to, topic }: LostRange, timeMs: number): Buffer {
    const range = { from: String(from), to: String(to) };
    return this.#event('offsets-lost', { topic, partition, reason, ...range }, timeMs);
  }

  #event(type: PlainEvent['type'], details: GapDetails, timeMs: number): Buffer {
    const event: PlainEvent = {
      v: 1,
      time: new Date(timeMs).toISOString(),
      emitter: this.#emitter,
      type,
      number: this.#number(),
      actor: this.#emitter,
      details,
    };
    return encodeOwn(event);
  }

  #number(): number {
    const number = this.#next;
    this.#next += 1;
    return number;
  }
}

/** A finding as the details of a `gap` event; `service` is the one whose topic it is. */
export function gapDetails(finding: Finding): GapDetails {
  const { emitter = '', entry = -1, expected = '', kind, seen = '', topic = '' } = finding;
  const service = topic.replace(/^audit\.events\./, '');
  const texts = { kind, topic, emitter, expected, seen };
  const cut = Object.entries(texts).map(([name, text]) => [name, text.slice(0, TEXT_MAX)] as const);
  return { service, entry, ...Object.fromEntries(cut) };
}
