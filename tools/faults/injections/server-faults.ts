import { setTimeout as sleep } from 'node:timers/promises';
import { BROKERS, type BrokerName, type ServerName } from '../../stack/state.ts';
import type { KillSignal } from '../../stack/engine.ts';
import type { PlannedFault } from '../plan.ts';
import { type Injection, type Victims } from './injection.ts';

/** One broker of three at a time, so that what was acknowledged can always be read. */
const ONE_BROKER = 'brokers';

/** `broker 2` is kafka-2. */
function brokerOf({ target }: PlannedFault): BrokerName {
  const broker = BROKERS[Number(target.replace('broker ', '')) - 1];
  if (broker === undefined) throw new RangeError(`${target} is no broker`);
  return broker;
}

async function away(
  { ground, tally, turns }: Victims,
  fault: PlannedFault,
  server: ServerName,
  how: KillSignal,
): Promise<void> {
  const { stack } = ground;
  await turns.take(server === 'redis' ? server : ONE_BROKER, async () => {
    await stack.kill(server, how);
    try {
      await sleep(fault.forMs);
    } finally {
      await stack.start(server);
    }
  });
  tally.done(fault);
}

export const brokerRestart: Injection = (victims, fault) =>
  away(victims, fault, brokerOf(fault), 'SIGTERM');

/** kill -9; it comes back at once or after a while. */
export const brokerAway: Injection = (victims, fault) =>
  away(victims, fault, brokerOf(fault), 'SIGKILL');

/** kill -9; it comes back at once or after a while. */
export const redisAway: Injection = (victims, fault) => away(victims, fault, 'redis', 'SIGKILL');
