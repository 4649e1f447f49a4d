import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@sealstream/contracts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { ROOT } from '../../tools/stack/paths.ts';
import { type Child, nodeFlags, startNode } from '../ground/child.ts';
import type { Sample } from '../ground/figures.ts';
import { labelValues, metricSum } from '../ground/metrics.ts';

const READY_MS = 60_000;
const LOOK_MS = 100;
const BY_SIGNAL = 'by a signal';

/** A service's real program, as its supervisor would start it. */
export class RunningService {
  readonly name: ServiceName;
  readonly #child: Child;
  readonly #url: string;
  #ended: string | null = null;

  private constructor(name: ServiceName, child: Child, url: string) {
    this.name = name;
    this.#child = child;
    this.#url = url;
    void this.#watch();
  }

  async #watch(): Promise<void> {
    try {
      const code = await this.#child.exited;
      this.#ended = code === null ? BY_SIGNAL : `with code ${code}`;
    } catch (error) {
      this.#ended = String(error);
    }
  }

  /** It has not joined its group when this resolves. */
  static async start(
    name: ServiceName,
    env: Readonly<Record<string, string>>,
  ): Promise<RunningService> {
    const [port = 0] = await freePorts(1);
    const program = join(ROOT, 'services', name, 'dist', 'main.js');
    const flags = nodeFlags();
    for (;;) {
      const child = startNode([...flags, program], { ...env, SEALSTREAM_HTTP_PORT: String(port) });
      const service = new RunningService(name, child, `http://127.0.0.1:${port}`);
      if (flags.length === 0 || (await service.#isAlive())) return service;
    }
  }

  /**
   * Whether it is there, once that is known. A service replaces itself at its start (execve), and a
   * profiler's signal that comes in that moment ends it: then it is to be started again.
   */
  async #isAlive(): Promise<boolean> {
    while (this.#ended === null && !(await this.#answer('/livez')).ok) await sleep(LOOK_MS);
    return this.#ended !== BY_SIGNAL;
  }

  get pid(): number {
    return this.#child.process.pid ?? 0;
  }

  /** Throws with the end of its log when it has ended. */
  requireRunning(): void {
    if (this.#ended !== null)
      throw new Error(`${this.name} ended early, ${this.#ended}:\n${this.#child.said()}`);
  }

  /** The end of what it said. */
  said(): string {
    return this.#child.said();
  }

  /** Resolves when /readyz says so. Throws when it ends, or does not within a minute. */
  async ready(): Promise<void> {
    const deadlineMs = performance.now() + READY_MS;
    while (!(await this.#answer('/readyz')).ok) {
      this.requireRunning();
      if (performance.now() > deadlineMs)
        throw new Error(`${this.name} is not ready:\n${this.#child.said()}`);
      await sleep(LOOK_MS);
    }
  }

  /** What it says of itself: records committed by the stage of its name, CPU time, memory. */
  async sample(): Promise<Sample | undefined> {
    const { ok, text } = await this.#answer('/metrics');
    if (!ok) return undefined;
    const labels = { stage: this.name, outcome: 'in' };
    return {
      atMs: performance.now(),
      records: metricSum(text, 'sealstream_stage_records_total', labels),
      cpuSeconds: metricSum(text, 'process_cpu_seconds_total'),
      rssBytes: metricSum(text, 'process_resident_memory_bytes'),
    };
  }

  /** Partitions that it works on now, as it says itself; none when it does not answer. */
  async partitions(): Promise<number[]> {
    const { text } = await this.#answer('/metrics');
    return labelValues(text, 'sealstream_stage_lag_records', 'partition').map(Number);
  }

  /** The sum of one of its metrics, whatever the labels; 0 when it does not answer. */
  async metric(name: string): Promise<number> {
    return metricSum((await this.#answer('/metrics')).text, name);
  }

  /** Drains it as a supervisor does. */
  stop(): Promise<void> {
    return this.#child.stop();
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.process.kill('SIGKILL');
    await this.#child.exited;
  }

  async #answer(path: string): Promise<{ ok: boolean; text: string }> {
    try {
      const response = await fetch(`${this.#url}${path}`, { signal: AbortSignal.timeout(5000) });
      return { ok: response.ok, text: await response.text() };
    } catch {
      return { ok: false, text: '' };
    }
  }
}
