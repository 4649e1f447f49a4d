import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaRecord } from '@sealstream/bus';
import { holdBack } from '../../tools/demo/load.ts';
import { personRecord } from '../../tools/demo/people.ts';
import type { Progress } from '../../tools/demo/progress.ts';
import type { DemoSession } from '../../tools/demo/session.ts';
import { filesUnder } from '../../tools/plaintext-search.ts';

/** People of other seeds than the run's. */
const OTHERS = 'planted';

async function firstOf(session: DemoSession, topic: string) {
  const starts = Array.from({ length: session.ledger.partitions }, (_, partition) => {
    return { topic, partition, offset: 'earliest' as const };
  });
  for await (const { partition, records } of session.ground.bus.read({ starts, until: 'end' })) {
    const [record] = records as (KafkaRecord | undefined)[];
    if (record !== undefined) return { partition, record };
  }
  throw new Error(`${topic} is empty`);
}

/** Nobody watches while the flow stops: anomaly-alert is ended before the pause. */
export async function alertMuted(session: DemoSession, progress: Progress): Promise<void> {
  await session.stopService('anomaly-alert');
  const people = Array.from({ length: 5 }, (_, n) => personRecord(OTHERS, n));
  session.expect(people);
  await holdBack(session, people, progress);
}

/** Mask runs under a policy that keeps a field which the policy of the flow hides. */
export async function canaryInMasked(session: DemoSession): Promise<void> {
  const { place } = session.ground;
  const leaky = readFileSync(place.policyFile, 'utf8').replace(
    /(\/note:\s+\{ type: string, mask: )redact/,
    '$1keep',
  );
  const policyFile = join(place.root, 'leaky.yaml');
  writeFileSync(policyFile, leaky);
  await session.stopService('mask');
  await session.start(['mask'], { policyFile });
  const person = personRecord(OTHERS, 100);
  session.expect([person]);
  await session.producer.burst([person]);
}

/** The first record of a partition of the encrypted topic is deleted. */
export async function recordDropped(session: DemoSession): Promise<void> {
  const { bus, dataset } = session.ground;
  const { partition, record } = await firstOf(session, dataset.topics.encrypted);
  await bus.admin.deleteBefore(dataset.topics.encrypted, partition, record.offset + 1n);
}

/** A record of the masked topic is written to it a second time. */
export async function recordDoubled(session: DemoSession): Promise<void> {
  const { bus, dataset } = session.ground;
  const { partition, record } = await firstOf(session, dataset.topics.masked);
  const { key, value, headers, timestamp } = record;
  await bus.append(dataset.topics.masked, partition, [{ key, value, headers, timestamp }]);
}

/** One bit of one byte of the audit log's oldest entries. */
export function logByteFlipped(session: DemoSession): void {
  const isBundle = (file: string) => /tile[/\\]entries[/\\]000$/.test(file);
  const file = filesUnder(session.ground.place.audit).find(isBundle);
  if (file === undefined) throw new Error('the audit log has no full bundle yet');
  const bytes = readFileSync(file);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}
