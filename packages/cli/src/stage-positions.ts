import type { Bus } from '@sealstream/bus';
import { type DatasetTopics, stageGroup } from '@sealstream/contracts';

import { STAGE_SOURCES, type StageName } from './stages.ts';

/** Where a stage stands on one partition. */
export interface StagePosition {
  readonly stage: StageName;
  readonly dataset: string;
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read; null when the stage never committed one. */
  readonly committed: bigint | null;
  /** Last stable offset: up to there everything is decided. */
  readonly end: bigint;
  /** Offsets between the two; markers of transactions count as well. */
  readonly lag: bigint;
  /** Processes in the stage's group. */
  readonly members: number;
}

/** How every stage of a dataset stands; none for a topic that is not there. */
export async function stagePositions(
  bus: Pick<Bus, 'admin'>,
  { name, topics }: { readonly name: string; readonly topics: DatasetTopics },
): Promise<StagePosition[]> {
  const positions: StagePosition[] = [];
  for (const stage of Object.keys(STAGE_SOURCES) as StageName[]) {
    const topic = topics[STAGE_SOURCES[stage]];
    const group = stageGroup(stage, name);
    const partitions = await bus.admin.partitionCount(topic);
    const members = partitions === 0 ? [] : await bus.admin.members(group);
    for (let partition = 0; partition < partitions; partition += 1) {
      const [{ offset }, start, end] = await Promise.all([
        bus.admin.committed(group, topic, partition),
        bus.admin.offset(topic, partition, 'earliest'),
        bus.admin.offset(topic, partition, 'latest'),
      ]);
      const committed = offset < 0n ? null : offset;
      const lag = end - (committed ?? start);
      const place = { stage, dataset: name, topic, partition };
      positions.push({ ...place, committed, end, lag, members: members.length });
    }
  }
  return positions;
}
