import { setTimeout as sleep } from 'node:timers/promises';
import { signal } from '../../stack/processes.ts';
import { PRODUCER } from '../kinds.ts';
import { type Injection, READY_MS, serviceOf } from './injection.ts';

/** How long two processes own the same partitions before one is ended. */
const BOTH_MS = 3000;

export const kill: Injection = async (victims, fault) => {
  await victims.turns.take(fault.target, async () => {
    if (fault.target === PRODUCER) await victims.producer.kill();
    else await serviceOf(victims, fault).restart('SIGKILL');
  });
  victims.tally.done(fault);
};

export const term: Injection = async (victims, fault) => {
  await victims.turns.take(fault.target, () => serviceOf(victims, fault).restart('SIGTERM'));
  victims.tally.done(fault);
};

/** A process that does not know that its partitions went to another one meanwhile. */
export const stop: Injection = async (victims, fault) => {
  await victims.turns.take(fault.target, async () => {
    const service = serviceOf(victims, fault);
    await service.untilReady(READY_MS);
    const stopped = service.process;
    if (stopped === undefined || !signal(stopped, 'SIGSTOP')) {
      victims.tally.cameToNothing(fault);
      return;
    }
    try {
      await service.startSecond();
      await sleep(fault.forMs);
    } finally {
      signal(stopped, 'SIGCONT');
    }
    await sleep(BOTH_MS);
    await service.endOne(fault.dice % 2 === 0 ? 'first' : 'second');
    victims.tally.done(fault);
  });
};
