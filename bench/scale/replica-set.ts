import { setTimeout as sleep } from 'node:timers/promises';
import type { FlowSide } from '../flow/flow-side.ts';
import { RunningService } from '../flow/running-service.ts';

/** Each look costs the replicas some time, and what they say of their partitions is up to 5 s old. */
const LOOK_MS = 500;
/** Within which a group has settled; a cold broker takes its time. */
const SETTLED_MS = 120_000;

/** Replicas of mask in one group, each under a lasting name (SEALSTREAM_INSTANCE_ID). */
export class ReplicaSet {
  readonly #flow: FlowSide;
  readonly #running = new Map<string, RunningService>();

  constructor(flow: FlowSide) {
    this.#flow = flow;
  }

  /** Does not wait until it works. */
  async start(name: string): Promise<void> {
    const env = { ...this.#flow.environmentOf('mask'), SEALSTREAM_INSTANCE_ID: name };
    this.#running.set(name, await RunningService.start('mask', env));
  }

  /** Drains it, as a supervisor does before an upgrade. */
  async stop(name: string): Promise<void> {
    await this.#taken(name).stop();
  }

  /** SIGKILL. */
  async kill(name: string): Promise<void> {
    await this.#taken(name).kill();
  }

  /** Partitions that one works on now. */
  async partitionsOf(name: string): Promise<number[]> {
    return (await this.#running.get(name)?.partitions()) ?? [];
  }

  /**
   * Resolves when each of the `count` partitions is worked on by one of them, and each has some.
   *
   * Throws when one has ended, or when it does not come to that within two minutes.
   */
  async shares(count: number): Promise<void> {
    for (const deadlineMs = performance.now() + SETTLED_MS; ; await sleep(LOOK_MS)) {
      this.requireRunning();
      const parts = await Promise.all(
        [...this.#running.values()].map((replica) => replica.partitions()),
      );
      const all = parts.flat();
      const isEach = all.length === count && new Set(all).size === count;
      if (isEach && parts.every((part) => part.length > 0)) return;
      if (performance.now() > deadlineMs)
        throw new Error(`replicas do not share ${count} partitions: ${JSON.stringify(parts)}`);
    }
  }

  /** Throws with the end of its log when one has ended that nobody ended. */
  requireRunning(): void {
    for (const replica of this.#running.values()) replica.requireRunning();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.stop(name)));
  }

  #taken(name: string): RunningService {
    const replica = this.#running.get(name);
    if (replica === undefined) throw new Error(`${name} does not run`);
    this.#running.delete(name);
    return replica;
  }
}
