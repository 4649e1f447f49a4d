import type { Bus } from '@sealstream/bus';
import { type Logger, SealstreamError } from '@sealstream/contracts';
import { errorFields } from './error-fields.ts';

/** An output topic and the least max.message.bytes that it needs. */
export interface NeededTopic {
  readonly topic: string;
  readonly leastBytes: number;
  /** Whether equal keys, and no others, become equal there; `true` where no key is changed. */
  readonly keysStay: boolean;
}

const COMPACTED = 'TOPIC_COMPACTED';
const EVERY_MS = 60_000;

/** Whether Kafka keeps only the latest record of each key. */
const isCompacted = (settings: ReadonlyMap<string, string>): boolean =>
  settings.get('cleanup.policy')?.includes('compact') === true;

/** What is paused while an output is compacted that must not be. */
interface Pausable {
  pause(code: string): void;
  resume(code: string): void;
}

/**
 * Looks at outputs whose keys do not stay, for as long as a stage runs: one that becomes compacted pauses
 * the stage until it is no more.
 *
 * @param everyMs how often; a look that fails is for the next one to mend
 * @returns ends it
 */
export function watchCompaction(
  bus: Pick<Bus, 'admin'>,
  outputs: readonly NeededTopic[],
  stage: Pausable,
  logger: Logger,
  everyMs: number = EVERY_MS,
): () => void {
  const watched = outputs.filter(({ keysStay }) => !keysStay);
  if (watched.length === 0) return () => undefined;
  const look = async (): Promise<void> => {
    const settings = await Promise.all(watched.map(({ topic }) => bus.admin.settings(topic)));
    const at = settings.findIndex(isCompacted);
    if (at < 0) stage.resume(COMPACTED);
    else {
      logger.error({ code: COMPACTED, topic: watched[at].topic }, 'an output became compacted');
      stage.pause(COMPACTED);
    }
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => logger.warn(errorFields(error), 'outputs not looked at'));
  }, everyMs).unref();
  return () => clearInterval(timer);
}

/**
 * Checks the topics of a stage before it starts: all there, every output with at least the source's
 * partitions and room for the largest record, and none compacted that would lose records by it. Warns when
 * records may be lost with one broker.
 *
 * @throws SealstreamError TOPIC_MISSING, TOPIC_TOO_FEW_PARTITIONS, TOPIC_LIMITS, TOPIC_COMPACTED
 */
export async function checkTopics(
  bus: Pick<Bus, 'admin'>,
  source: string,
  outputs: readonly NeededTopic[],
  logger: Logger,
): Promise<void> {
  const names = [source, ...outputs.map(({ topic }) => topic)];
  const found = new Map((await bus.admin.topics(names)).map((topic) => [topic.name, topic]));
  for (const topic of names) {
    if (!found.has(topic)) throw new SealstreamError('TOPIC_MISSING', { topic });
  }
  const wanted = found.get(source)?.partitions.length ?? 0;
  for (const { topic, leastBytes, keysStay } of outputs) {
    const partitions = found.get(topic)?.partitions ?? [];
    if (partitions.length < wanted) {
      const place = { topic, partitions: partitions.length, wanted };
      throw new SealstreamError('TOPIC_TOO_FEW_PARTITIONS', place);
    }
    const settings = await bus.admin.settings(topic);
    const hasBytes = Number(settings.get('max.message.bytes') ?? 0);
    if (hasBytes < leastBytes) {
      throw new SealstreamError('TOPIC_LIMITS', { topic, hasBytes, leastBytes });
    }
    if (!keysStay && isCompacted(settings)) throw new SealstreamError(COMPACTED, { topic });
    const replicas = Math.min(...partitions.map((partition) => partition.replicas));
    const insync = Number(settings.get('min.insync.replicas') ?? 1);
    if (replicas < 3 || insync < 2) {
      logger.warn({ topic, replicas, insync }, 'one lost disk may lose records of this topic');
    }
  }
}
