import type { Bus } from '@sealstream/bus';
import { CONTROL_TOPIC, ControlPause, type Logger } from '@sealstream/contracts';

/** What `sealstream pause` puts on a stage; shown as the reason why it does not run. */
export const PAUSED = 'PAUSED_BY_OPERATOR';

/**
 * Follows the operator's wishes on CONTROL_TOPIC from its first record on, so a pause outlives every
 * restart. Nothing runs before the present wish is known.
 */
export class PauseOrders {
  readonly #bus: Pick<Bus, 'read' | 'admin'>;
  readonly #logger: Logger;
  readonly #paused = new Set<string>();
  readonly #listeners = new Map<string, (isPaused: boolean) => void>();
  readonly #stopping = new AbortController();

  constructor(bus: Pick<Bus, 'read' | 'admin'>, logger: Logger) {
    this.#bus = bus;
    this.#logger = logger;
  }

  /** Reads what stands there now, then goes on in the background. */
  async start(onFailed: (error: unknown) => void): Promise<void> {
    const start = { topic: CONTROL_TOPIC, partition: 0 };
    const end = await this.#bus.admin.offset(CONTROL_TOPIC, 0, 'latest');
    await this.#follow([{ ...start, offset: 'earliest' as const }], 'end');
    this.#follow([{ ...start, offset: end }]).catch(onFailed);
  }

  /** Calls back with the present wish at once, and with every later one. */
  onChange(stage: string, dataset: string, listener: (isPaused: boolean) => void): void {
    const name = `pause/${stage}/${dataset}`;
    this.#listeners.set(name, listener);
    listener(this.#paused.has(name));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
  }

  async #follow(
    starts: { topic: string; partition: number; offset: bigint | 'earliest' }[],
    until?: 'end',
  ): Promise<void> {
    const { signal } = this.#stopping;
    const ends = until === undefined ? {} : { until };
    for await (const chunk of this.#bus.read({ starts, signal, ...ends })) {
      for (const { key, value } of chunk.records) this.#take(key?.toString() ?? '', value);
    }
  }

  #take(name: string, value: Buffer | null): void {
    if (!name.startsWith('pause/')) return;
    const isPaused = value !== null && this.#wish(value);
    if (isPaused) this.#paused.add(name);
    else this.#paused.delete(name);
    this.#listeners.get(name)?.(isPaused);
  }

  /** A wish that cannot be read pauses: somebody meant to say something. */
  #wish(value: Buffer): boolean {
    try {
      return ControlPause.parse(JSON.parse(value.toString('utf8'))).paused;
    } catch {
      this.#logger.error({ topic: CONTROL_TOPIC }, 'a wish does not parse: the stage pauses');
      return true;
    }
  }
}
