import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerLoss } from '../answer-loss.ts';
import type { PlannedFault } from '../plan.ts';
import { ASKED_AT_START } from '../requests.ts';
import type { Toxic } from '../toxiproxy.ts';
import type { SupervisedService } from '../supervised-service.ts';
import { type Injection, READY_MS, serviceOf, type Victims } from './injection.ts';

const LATENCY_LEAST_MS = 200;
const LATENCY_SPAN_MS = 1000;
const RATE_LEAST_KB = 40;
const RATE_SPAN_KB = 200;

/** Does something to each link of the target for as long as the fault lasts. */
async function onLinks(
  { ground, tally, turns }: Victims,
  fault: PlannedFault,
  begin: (link: string) => Promise<void>,
  end: (link: string) => Promise<void>,
): Promise<void> {
  const links = ground.network.linksOf(fault.target);
  // A link has one toxic of a type, and off is off, so these wait for each other.
  const onLink = (link: string) =>
    turns.take(link, async () => {
      await begin(link);
      try {
        await sleep(fault.forMs);
      } finally {
        await end(link);
      }
    });
  await Promise.all(links.map(onLink));
  if (links.length > 0) tally.done(fault);
  else tally.cameToNothing(fault);
}

export const cut: Injection = (victims, fault) => {
  const { toxiproxy } = victims.ground.network;
  return onLinks(
    victims,
    fault,
    (link) => toxiproxy.turn(link, false),
    (link) => toxiproxy.turn(link, true),
  );
};

export const slow: Injection = (victims, fault) => {
  const { toxiproxy } = victims.ground.network;
  const latency = LATENCY_LEAST_MS + (fault.dice % LATENCY_SPAN_MS);
  const rate = RATE_LEAST_KB + (fault.dice % RATE_SPAN_KB);
  const toxics: readonly Toxic[] = [
    { type: 'latency', latency, jitter: Math.floor(latency / 4) },
    { type: 'bandwidth', rate },
  ];
  return onLinks(
    victims,
    fault,
    (link) => toxiproxy.put(link, ...toxics),
    (link) => toxiproxy.take(link, ...toxics),
  );
};

export const halfOpen: Injection = (victims, fault) => {
  const { toxiproxy } = victims.ground.network;
  const silence: Toxic = { type: 'timeout', timeout: 0 };
  return onLinks(
    victims,
    fault,
    (link) => toxiproxy.put(link, silence),
    (link) => toxiproxy.take(link, silence),
  );
};

/**
 * Waits until the loss has met its requests; at most for as long as the fault may last, beginning
 * when the service works.
 */
async function untilLost(loss: AnswerLoss, service: SupervisedService, forMs: number) {
  const giveUp = new AbortController();
  const late = async () => {
    await service.untilReady(READY_MS).catch(() => undefined);
    await sleep(forMs, undefined, { signal: giveUp.signal }).catch(() => undefined);
  };
  await Promise.race([loss.all, late()]);
  giveUp.abort();
}

export const lostAnswer: Injection = async (victims, fault) => {
  const { ground, tally, turns } = victims;
  const { request = 'Produce', target, times = 1 } = fault;
  const { losses } = ground.network;
  // A stock worker in place of mask calls itself the same.
  const loss = new AnswerLoss(request, `sealstream-${target}`, times);
  const service = serviceOf(victims, fault);
  losses.add(loss);
  try {
    if (ASKED_AT_START.has(request)) await turns.take(target, () => service.restart('SIGTERM'));
    await untilLost(loss, service, fault.forMs);
  } finally {
    loss.end();
    losses.delete(loss);
  }
  tally.lost(request, loss.lost);
  if (loss.lost > 0) tally.done(fault);
  else tally.cameToNothing(fault);
};
