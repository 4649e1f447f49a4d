import type { KafkaRecord } from '@sealstream/bus';
import type { FaultsSession } from '../../tools/faults/session.ts';

/** Most records of one append. */
const PIECE = 200;

/** The committed records of one partition. */
async function recordsOf(
  { ground }: FaultsSession,
  topic: string,
  partition: number,
): Promise<KafkaRecord[]> {
  const starts = [{ topic, partition, offset: 'earliest' as const }];
  const all: KafkaRecord[] = [];
  for await (const { records } of ground.bus.read({ starts, until: 'end' })) all.push(...records);
  if (all.length < 3) throw new Error(`${topic}/${partition} has too few records to plant in`);
  return all;
}

/** Replaces all records of a partition by what `change` makes of them. */
async function rewrite(
  session: FaultsSession,
  topic: string,
  partition: number,
  change: (records: KafkaRecord[]) => void,
): Promise<void> {
  const { bus } = session.ground;
  const records = await recordsOf(session, topic, partition);
  change(records);
  await bus.admin.deleteBefore(
    topic,
    partition,
    await bus.admin.offset(topic, partition, 'latest'),
  );
  for (let from = 0; from < records.length; from += PIECE)
    await bus.append(topic, partition, records.slice(from, from + PIECE));
}

/** The first record of a partition of masked is deleted. */
export async function recordDropped(session: FaultsSession): Promise<void> {
  const { bus, dataset } = session.ground;
  const { masked } = dataset.topics;
  const [first] = await recordsOf(session, masked, 0);
  await bus.admin.deleteBefore(masked, 0, first.offset + 1n);
}

/** A record of masked is written to it a second time. */
export async function recordDoubled(session: FaultsSession): Promise<void> {
  const { bus, dataset } = session.ground;
  const { masked } = dataset.topics;
  const [first] = await recordsOf(session, masked, 1);
  await bus.append(masked, 1, [first]);
}

/** Two neighbours of encrypted change places. */
export async function recordsSwapped(session: FaultsSession): Promise<void> {
  const { encrypted } = session.ground.dataset.topics;
  await rewrite(session, encrypted, 2, (records) => {
    const [first, second] = records;
    records.splice(0, 2, second, first);
  });
}

/** A record of masked carries a value in clear that the policy hides there. */
export async function canaryInMasked(session: FaultsSession): Promise<void> {
  const { masked } = session.ground.dataset.topics;
  const { values } = session.watch;
  const canary = values.texts.find((_, index) => !values.mayStandIn(index, 'masked')) ?? '';
  await rewrite(session, masked, 3, (records) => {
    const { value, ...rest } = records[0];
    const text = (value?.toString() ?? '').replace(/\}$/, `,"memo":${JSON.stringify(canary)}}`);
    records[0] = { ...rest, value: Buffer.from(text) };
  });
}
