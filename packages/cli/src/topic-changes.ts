import { setTimeout as sleep } from 'node:timers/promises';

import type { Bus } from '@sealstream/bus';
import { CONTROL_TOPIC, SealstreamError } from '@sealstream/contracts';
import type { PlannedTopic } from '@sealstream/service';

import { noteTopic } from './control-records.ts';

type ChangingBus = Pick<Bus, 'admin' | 'append' | 'read'>;

/** The control topic stands first, so that every other one can be noted on it at once. */
export async function createTopics(
  bus: ChangingBus,
  plan: readonly PlannedTopic[],
  onCreated: (topic: string) => void,
): Promise<void> {
  for (const { partitions, replicas, settings, state, topic } of plan) {
    if (state !== 'missing') continue;
    // Somebody else was faster: then the topic is theirs.
    if (!(await bus.admin.createTopic(topic, partitions, replicas, settings))) continue;
    await noteTopic(bus, topic, await topicId(bus, topic));
    onCreated(topic);
  }
}

const TRIES = 100;
const EVERY_MS = 100;

/** The id of a topic that was just created; brokers learn of it a moment later. */
async function topicId(bus: ChangingBus, name: string): Promise<string> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const [found] = await bus.admin.topics([name]);
    const isLed = found?.partitions.every(({ leader }) => leader >= 0) ?? false;
    if (found !== undefined && isLed && (await hasSettings(bus, name)))
      return found.id.toString('hex');
    await sleep(EVERY_MS);
  }
  throw new SealstreamError('TOPIC_MISSING', { topic: name });
}

/** What writes to a topic asks for its settings first, and a broker may not know them yet. */
function hasSettings(bus: ChangingBus, name: string): Promise<boolean> {
  return bus.admin.settings(name).then(
    () => true,
    () => false,
  );
}

/** A topic that gets partitions. */
export interface Growth {
  readonly topic: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Which topics get partitions, outputs first and raw last.
 *
 * @throws SealstreamError TOPIC_MISSING, or TOPIC_NOT_OURS for an output that others made
 */
export function growthOf(plan: readonly PlannedTopic[]): { ours: Growth[]; foreignRaw: Growth[] } {
  const missing = plan.find(({ state }) => state === 'missing');
  if (missing !== undefined) throw new SealstreamError('TOPIC_MISSING', { topic: missing.topic });
  const ours: Growth[] = [];
  const foreignRaw: Growth[] = [];
  for (const { differences, isOurs, partitions, role, topic } of plan) {
    const found = differences.find(({ setting }) => setting === 'partitions')?.found;
    if (found === undefined) continue;
    const growth = { topic, from: Number(found), to: partitions };
    if (isOurs) ours.push(growth);
    else if (role === 'raw') foreignRaw.push(growth);
    else throw new SealstreamError('TOPIC_NOT_OURS', { topic });
  }
  return { ours, foreignRaw };
}

/** Deletes topics; what names them as ours goes last. */
export async function deleteTopics(
  bus: ChangingBus,
  topics: readonly string[],
  onDeleted: (topic: string) => void,
): Promise<void> {
  const keepsControl = !topics.includes(CONTROL_TOPIC);
  const order = topics.filter((topic) => topic !== CONTROL_TOPIC);
  for (const topic of order) {
    await bus.admin.deleteTopic(topic);
    await noteTopic(bus, topic, null);
    onDeleted(topic);
  }
  if (keepsControl) return;
  await bus.admin.deleteTopic(CONTROL_TOPIC);
  onDeleted(CONTROL_TOPIC);
}
