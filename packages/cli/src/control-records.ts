import type { Bus } from '@sealstream/bus';
import { CONTROL_TOPIC, ControlPause, ControlTopic, SealstreamError } from '@sealstream/contracts';

/** One partition, so that all wishes stand in one order. */
const PARTITION = 0;

type ControlBus = Pick<Bus, 'admin' | 'append' | 'read'>;

/**
 * The latest value under each key of the control topic; empty when the topic is not there.
 */
async function readControl(bus: ControlBus): Promise<ReadonlyMap<string, Buffer>> {
  const latest = new Map<string, Buffer>();
  if ((await bus.admin.partitionCount(CONTROL_TOPIC)) === 0) return latest;
  const starts = [{ topic: CONTROL_TOPIC, partition: PARTITION, offset: 'earliest' }] as const;
  for await (const { records } of bus.read({ starts, until: 'end' }))
    for (const { key, value } of records) {
      const name = key?.toString('utf8') ?? '';
      if (value === null) latest.delete(name);
      else latest.set(name, Buffer.from(value));
    }
  return latest;
}

/** Topic ids in hex, by name, of the topics that Sealstream created. */
export async function createdTopics(bus: ControlBus): Promise<ReadonlyMap<string, string>> {
  const created = new Map<string, string>();
  for (const [key, value] of await readControl(bus))
    if (key.startsWith('topic/')) created.set(key.slice('topic/'.length), parsed(value).id);
  return created;
}

/** A record that is none of ours is treated as if it said that the topic is somebody else's. */
function parsed(value: Buffer): { readonly id: string } {
  try {
    return ControlTopic.parse(JSON.parse(value.toString('utf8')));
  } catch {
    return { id: '' };
  }
}

/** Says that Sealstream created a topic (its id in hex), or with null that it is gone. */
export async function noteTopic(bus: ControlBus, topic: string, id: string | null): Promise<void> {
  const note = { v: 1, id: id ?? '', at: new Date().toISOString() } as const;
  await write(bus, `topic/${topic}`, id === null ? null : ControlTopic.parse(note));
}

/** Says that a stage of a dataset shall pause, or with null that it may go on. */
export async function notePause(
  bus: ControlBus,
  stage: string,
  dataset: string,
  by: string | null,
): Promise<void> {
  if ((await bus.admin.partitionCount(CONTROL_TOPIC)) === 0)
    throw new SealstreamError('TOPIC_MISSING', { topic: CONTROL_TOPIC });
  const pause = { v: 1, paused: true, by: by ?? '', at: new Date().toISOString() } as const;
  await write(bus, `pause/${stage}/${dataset}`, by === null ? null : ControlPause.parse(pause));
}

async function write(bus: ControlBus, key: string, value: unknown): Promise<void> {
  const bytes = value === null ? null : Buffer.from(JSON.stringify(value));
  await bus.append(CONTROL_TOPIC, PARTITION, [{ key: Buffer.from(key), value: bytes }]);
}
