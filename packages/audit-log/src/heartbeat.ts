import type { PlainEvent } from '@sealstream/contracts';
import { decodeEntry, type LogEntry } from './entry.ts';
import { parseEvent } from './event.ts';

/** Where to read on, and in which topics. */
export interface SourceState {
  /** Next offset, by `topic/partition`. */
  readonly positions: ReadonlyMap<string, bigint>;
  /** Kafka's topic id in hex, by topic: another one means that the topic was made anew. */
  readonly topicIds: ReadonlyMap<string, string>;
}

/** The name of a source in positions. */
export function sourceName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

export interface HeartbeatFields {
  readonly emitter: string;
  readonly actor: string;
  readonly number: number;
  readonly timeMs: number;
  /** Everything before its positions stands in the log. */
  readonly state: SourceState;
}

/** The log's own sign of life: the wall clock and how far each source has been read. */
export function heartbeatEvent(fields: HeartbeatFields): PlainEvent {
  const { actor, emitter, number, state, timeMs } = fields;
  const positions = [...state.positions].map(([name, next]) => [name, String(next)] as const);
  const details = Object.fromEntries([...positions, ...state.topicIds]);
  const time = new Date(timeMs).toISOString();
  return { v: 1, time, emitter, type: 'heartbeat', number, actor, details };
}

/** A heartbeat of the log's own writer, or null for any other entry. */
export function ownHeartbeat(entry: LogEntry): PlainEvent | null {
  if (entry.kind !== 'own') return null;
  const event = parseEvent(entry.value);
  return event?.type === 'heartbeat' ? event : null;
}

/** What a heartbeat says about its sources. */
function stateIn(heartbeat: PlainEvent): SourceState {
  const positions = new Map<string, bigint>();
  const topicIds = new Map<string, string>();
  for (const [name, said] of Object.entries(heartbeat.details)) {
    if (typeof said !== 'string') continue;
    if (/\/\d+$/.test(name) && /^\d{1,19}$/.test(said)) positions.set(name, BigInt(said));
    else if (/^[0-9a-f]{32}$/.test(said)) topicIds.set(name, said);
  }
  return { positions, topicIds };
}

/**
 * Where to read on after the entries of a log, which come in blocks from the newest to the oldest.
 * Stops at the newest heartbeat, since that holds everything of its time.
 */
export async function lastSourceState(
  blocks: AsyncIterable<readonly Buffer[]>,
): Promise<SourceState> {
  const positions = new Map<string, bigint>();
  for await (const block of blocks) {
    for (const bytes of block.toReversed()) {
      const entry = decodeEntry(bytes);
      if (entry.kind === 'sourced') {
        const name = sourceName(entry.topic, entry.partition);
        if (!positions.has(name)) positions.set(name, entry.offset + 1n);
      }
      const heartbeat = ownHeartbeat(entry);
      if (heartbeat === null) continue;
      const state = stateIn(heartbeat);
      return { ...state, positions: new Map([...state.positions, ...positions]) };
    }
  }
  return { positions, topicIds: new Map() };
}
