import { type Bus, openBus } from '@sealstream/bus';
import type { Logger } from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';
import type { SecureUsers } from './secure-users.ts';

/** The links to Kafka of the demo itself: one for all, or one for each part that it plays. */
export interface DemoBuses {
  /** Topics, keysets, and what no other part reads. */
  readonly operator: Bus;
  /** What is published to raw. */
  readonly producer: Bus;
  /** As whoever is meant to read a topic. */
  readerOf(topic: string): Bus;
  stop(): Promise<void>;
}

/** One link for every part, on servers that know no users. */
export async function oneBus(
  brokers: string,
  namePrefix: string,
  logger: Logger,
): Promise<DemoBuses> {
  const clientId = 'sealstream-demo';
  const bus = await openBus({ brokers: brokers.split(','), clientId, logger, namePrefix });
  return { operator: bus, producer: bus, readerOf: () => bus, stop: () => bus.stop() };
}

/** A link for each part under a user of its own, on a stack that speaks TLS alone. */
export async function userBuses(
  users: SecureUsers,
  { topics }: Pick<Dataset, 'topics'>,
  logger: Logger,
): Promise<DemoBuses> {
  const names = ['operator', 'producer', 'consumer-masked', 'consumer-encrypted'] as const;
  const opened = await Promise.allSettled(names.map((name) => users.bus(name, logger)));
  const buses = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async () => void (await Promise.all(buses.map((bus) => bus.stop())));
  const failed = opened.find((one) => one.status === 'rejected');
  const [operator, producer, masked, encrypted] = buses;
  if (failed !== undefined || !operator || !producer || !masked || !encrypted) {
    await stop();
    throw failed?.reason ?? new Error('a user of the demo has no link');
  }
  const readers = new Map([
    [topics.masked, masked],
    [topics.encrypted, encrypted],
  ]);
  return { operator, producer, readerOf: (topic) => readers.get(topic) ?? operator, stop };
}
