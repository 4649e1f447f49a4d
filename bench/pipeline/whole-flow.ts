import { FLOW_SERVICES, type FlowServiceName } from '@sealstream/contracts';
import type { FlowSide } from '../flow/flow-side.ts';
import { RunningService } from '../flow/running-service.ts';
import type { Sample } from '../ground/figures.ts';
import type { Progress } from '../ground/progress.ts';

/** Settings by service that stand before the bench's own. */
export type Settings = Readonly<Partial<Record<FlowServiceName, Readonly<Record<string, string>>>>>;

/** All services of one flow, each a process, as a supervisor would start them. */
export class WholeFlow {
  readonly #services: readonly RunningService[];

  private constructor(services: readonly RunningService[]) {
    this.#services = services;
  }

  /** Runs `work` while all services run, and drains them after it. Throws when one does not start. */
  static async with<T>(
    flow: FlowSide,
    settings: Settings,
    progress: Progress,
    work: (flow: WholeFlow) => Promise<T>,
  ): Promise<T> {
    const services: RunningService[] = [];
    try {
      for (const name of FLOW_SERVICES) {
        progress.step(`starting ${name}`);
        const env = { ...flow.environmentOf(name), ...settings[name] };
        const service = await RunningService.start(name, env);
        services.push(service);
        await service.ready();
      }
      return await work(new WholeFlow(services));
    } finally {
      progress.step('stopping the services');
      await Promise.all(services.map((service) => service.stop()));
    }
  }

  /** Throws with the end of its log when a service has ended. */
  requireRunning(): void {
    for (const service of this.#services) service.requireRunning();
  }

  /** What each says of itself now; undefined when one does not answer. */
  async sample(): Promise<Readonly<Record<FlowServiceName, Sample>> | undefined> {
    const samples = new Map<string, Sample>();
    for (const service of this.#services) {
      const sample = await service.sample();
      if (sample === undefined) return undefined;
      samples.set(service.name, sample);
    }
    return Object.fromEntries(samples) as Record<FlowServiceName, Sample>;
  }
}
