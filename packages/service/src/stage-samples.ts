import { type Bus, errorWord } from '@sealstream/bus';
import { type Logger, SealstreamError, stageGroup } from '@sealstream/contracts';

import type { LagSample, StageLags, WatchedStage } from './stage-lag.ts';

/** Who is told how many members the group of a stage has; null when that could not be asked. */
export interface StageMembers {
  members(dataset: string, stage: string, members: number | null, nowMs: number): void;
}

export interface SampleOptions {
  readonly bus: Pick<Bus, 'admin'>;
  readonly stages: readonly WatchedStage[];
  readonly lag: Pick<StageLags, 'sample' | 'unknown'>;
  readonly liveness: StageMembers;
  readonly now: () => number;
  readonly logger: Logger;
}

/**
 * Asks Kafka once how every stage stands: members of its group, last stable offsets and committed
 * positions of what it reads. Needs only Describe.
 *
 * Never throws: a stage that cannot be asked is unknown.
 *
 * @returns the code of the first failure, or null
 */
export async function sampleStages(options: SampleOptions): Promise<string | null> {
  let failure: string | null = null;
  for (const stage of options.stages) {
    try {
      await sampleStage(stage, options);
    } catch (error) {
      failure ??= errorWord(error);
      options.liveness.members(stage.dataset, stage.stage, null, options.now());
      options.lag.unknown(stage);
      const { dataset, stage: name, topic } = stage;
      options.logger.debug(
        { dataset, stage: name, topic, code: errorWord(error) },
        'stage cannot be asked',
      );
    }
  }
  return failure;
}

async function sampleStage(watched: WatchedStage, options: SampleOptions): Promise<void> {
  const { admin } = options.bus;
  const { dataset, stage, topic } = watched;
  const group = stageGroup(stage, dataset);
  const members = await admin.members(group);
  options.liveness.members(dataset, stage, members.length, options.now());
  const [found] = await admin.topics([topic]);
  if (found === undefined) throw new SealstreamError('TOPIC_MISSING', { topic });
  const partitions = found.partitions.map(({ partition }) => partition);
  // Positions are asked first: they can then not be ahead of the ends that are asked after them.
  const positions = await admin.committedAll(group, topic, partitions);
  const ends = await admin.offsets(topic, partitions, 'latest');
  // Of those without a position the beginning.
  const isNew = positions.some(({ offset }) => offset < 0n);
  const starts = isNew ? await admin.offsets(topic, partitions, 'earliest') : [];
  const samples = partitions.map((partition, n): LagSample => {
    const { offset } = positions[n];
    return { partition, stable: ends[n], committed: offset < 0n ? starts[n] : offset };
  });
  options.lag.sample(watched, samples, options.now());
}
