import type { Bus } from '@sealstream/bus';
import { type Logger, SealstreamError } from '@sealstream/contracts';

/** An output topic and the least max.message.bytes that it needs. */
export interface NeededTopic {
  readonly topic: string;
  readonly leastBytes: number;
}

/**
 * Checks the topics of a stage before it starts: all there, every output with at least the source's
 * partitions and room for the largest record. Warns when records may be lost with one broker.
 *
 * @throws SealstreamError TOPIC_MISSING, TOPIC_TOO_FEW_PARTITIONS, TOPIC_LIMITS
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
  for (const { topic, leastBytes } of outputs) {
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
    const replicas = Math.min(...partitions.map((partition) => partition.replicas));
    const insync = Number(settings.get('min.insync.replicas') ?? 1);
    if (replicas < 3 || insync < 2) {
      logger.warn({ topic, replicas, insync }, 'one lost disk may lose records of this topic');
    }
  }
}
