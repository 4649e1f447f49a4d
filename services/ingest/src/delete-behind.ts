import type { Bus, LaneStatus } from '@sealstream/bus';
import { CONTROL_TOPIC, ControlTopic, type Logger } from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';
import { type AuditEmitter, errorFields } from '@sealstream/service';

/**
 * Whether plaintext may be deleted from a raw topic once it is sealed: as the policy says, and where
 * it says nothing, only from a topic that Sealstream created (by the topic id on CONTROL_TOPIC).
 */
export async function mayDelete(
  bus: Pick<Bus, 'admin' | 'read'>,
  dataset: Dataset,
): Promise<boolean> {
  if (dataset.deleteAfterIngest !== undefined) return dataset.deleteAfterIngest;
  const [topic] = await bus.admin.topics([dataset.topics.raw]);
  const starts = [{ topic: CONTROL_TOPIC, partition: 0, offset: 'earliest' as const }];
  let createdId = '';
  for await (const { records } of bus.read({ starts, until: 'end' })) {
    for (const { key, value } of records) {
      if (key?.toString() !== `topic/${dataset.topics.raw}`) continue;
      createdId = value === null ? '' : idOf(value);
    }
  }
  return createdId !== '' && createdId === topic?.id.toString('hex');
}

function idOf(value: Buffer): string {
  const parsed = ControlTopic.safeParse(JSON.parse(value.toString('utf8')));
  return parsed.success ? parsed.data.id : '';
}

interface DeleteBehindOptions {
  readonly bus: Pick<Bus, 'admin'>;
  readonly dataset: Dataset;
  readonly everyMs: number;
  readonly lanes: () => readonly LaneStatus[];
  readonly audit: AuditEmitter;
  readonly logger: Logger;
}

/**
 * Deletes raw records up to what ingest has committed, every so often, for the partitions that this
 * process owns. The committed offset is the limit: what is not sealed yet is never deleted.
 */
export class DeleteBehind {
  readonly #options: DeleteBehindOptions;
  readonly #deleted = new Map<number, bigint>();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  constructor(options: DeleteBehindOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#sweep());
    }, options.everyMs);
  }

  /** Deletes once more, up to what is committed now; the next start deletes the rest. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
    await this.#sweep();
  }

  async #sweep(): Promise<void> {
    const { audit, bus, dataset, lanes, logger } = this.#options;
    const topic = dataset.topics.raw;
    for (const { partition, committed } of lanes()) {
      if (committed <= (this.#deleted.get(partition) ?? 0n)) continue;
      try {
        await bus.admin.deleteBefore(topic, partition, committed);
        this.#deleted.set(partition, committed);
        const details = { topic, partition, before: committed.toString() };
        audit.note({ type: 'deleted-behind', dataset: dataset.name, details });
      } catch (error) {
        logger.warn({ topic, partition, ...errorFields(error) }, 'plaintext not deleted yet');
      }
    }
  }
}
