import type { Bus } from '@sealstream/bus';
import {
  type ExistingTopic,
  type PlannedDataset,
  type PlannedTopic,
  planTopics,
} from '@sealstream/service';

import { createdTopics } from './control-records.ts';

type AskingBus = Pick<Bus, 'admin' | 'append' | 'read'>;

/** Asks the cluster how the topics of the flow stand, and plans by that. */
export async function planOf(
  bus: AskingBus,
  datasets: readonly PlannedDataset[],
  partitions?: number,
): Promise<PlannedTopic[]> {
  const grown = partitions === undefined ? {} : { partitions };
  const brokers = await bus.admin.brokerCount();
  const names = planTopics({ datasets, existing: new Map(), brokers }).map(({ topic }) => topic);
  const existing = await existingTopics(bus, names);
  return planTopics({ datasets, existing, brokers, ...grown });
}

async function existingTopics(
  bus: AskingBus,
  names: readonly string[],
): Promise<ReadonlyMap<string, ExistingTopic>> {
  const created = await createdTopics(bus);
  const existing = new Map<string, ExistingTopic>();
  for (const { id, name, partitions } of await bus.admin.topics(names)) {
    if (partitions.length === 0) continue;
    existing.set(name, {
      partitions: partitions.length,
      replicas: Math.min(...partitions.map(({ replicas }) => replicas)),
      settings: await bus.admin.settings(name),
      isOurs: created.get(name) === id.toString('hex'),
    });
  }
  return existing;
}
