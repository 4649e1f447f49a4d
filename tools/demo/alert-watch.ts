import type { KafkaRecord } from '@sealstream/bus';
import { AlertEvent } from '@sealstream/contracts';

interface Seen {
  readonly event: AlertEvent;
  readonly seenMs: number;
}

/** What security.alerts has said since the demo began. */
export class AlertWatch {
  readonly #seen: Seen[] = [];

  add({ value }: KafkaRecord, seenMs: number): void {
    if (value === null) return;
    this.#seen.push({ event: AlertEvent.parse(JSON.parse(value.toString('utf8'))), seenMs });
  }

  /** Times at which throughput-stopped began to fire, from a time on, the earliest first. */
  fired(fromMs: number): Seen[] {
    return this.#of('firing', fromMs);
  }

  /** Of each alert that fired, when it was resolved; undefined while it is not. */
  resolutions(fired: readonly Seen[]): (number | undefined)[] {
    const resolved = this.#of('resolved', 0);
    return fired.map(({ event, seenMs }) => {
      return resolved.find((each) => each.event.id === event.id && each.seenMs >= seenMs)?.seenMs;
    });
  }

  #of(state: AlertEvent['state'], fromMs: number): Seen[] {
    return this.#seen.filter(
      ({ event, seenMs }) =>
        event.rule === 'throughput-stopped' && event.state === state && seenMs >= fromMs,
    );
  }
}
