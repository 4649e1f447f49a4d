import type { Bus } from '@sealstream/bus';
import { auditTopic } from '@sealstream/contracts';

type ReadingBus = Pick<Bus, 'admin' | 'read'>;

/** Every value that stands on a topic now; none for a tombstone. */
export async function valuesOf(bus: ReadingBus, topic: string): Promise<Buffer[]> {
  const count = await bus.admin.partitionCount(topic);
  const starts = Array.from({ length: count }, (_, partition) => {
    return { topic, partition, offset: 'earliest' as const };
  });
  const values: Buffer[] = [];
  for await (const { records } of bus.read({ starts, until: 'end' }))
    for (const { value } of records) if (value !== null) values.push(Buffer.from(value));
  return values;
}

/** An event of the command, as it stands on its audit topic. */
export interface ToldEvent {
  readonly type: string;
  readonly dataset?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly [name: string]: unknown;
}

/** What the command has told the audit log so far. */
export async function eventsOfCli(bus: ReadingBus): Promise<ToldEvent[]> {
  const values = await valuesOf(bus, auditTopic('cli'));
  return values.map((value) => JSON.parse(value.toString('utf8')) as ToldEvent);
}
