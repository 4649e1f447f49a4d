import type { ServiceName } from '@sealstream/contracts';
import type { FaultTally } from '../fault-tally.ts';
import type { Ground } from '../ground.ts';
import type { PlannedFault } from '../plan.ts';
import type { SupervisedService } from '../supervised-service.ts';
import type { TestProducer } from '../test-producer.ts';
import type { Turns } from '../turns.ts';

/** What faults are done to. */
export interface Victims {
  readonly ground: Ground;
  readonly services: ReadonlyMap<ServiceName, SupervisedService>;
  readonly producer: TestProducer;
  readonly tally: FaultTally;
  /** Faults of the same service, of brokers, of one link come one after the other. */
  readonly turns: Turns;
}

/**
 * Does a fault and undoes it; resolves when all is as before, but for what the flow has to mend by
 * itself. Says in the tally whether there was anything that it could work on.
 */
export type Injection = (victims: Victims, fault: PlannedFault) => Promise<void>;

/** How long a service may take until it works again. */
export const READY_MS = 180_000;

/** @throws RangeError for a target that is no service */
export function serviceOf({ services }: Victims, { target }: PlannedFault): SupervisedService {
  const found = [...services.values()].find(({ name }) => name === target);
  if (found === undefined) throw new RangeError(`${target} is no service`);
  return found;
}
