import type { PlainEvent } from '@sealstream/contracts';
import { decodeEntry, type LogEntry } from './entry.ts';
import { parseEvent } from './event.ts';

/** Where to read on, by `topic/partition`. */
export type SourcePositions = ReadonlyMap<string, bigint>;

/** The name of a source in positions. */
export function sourceName(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

export interface HeartbeatFields {
  readonly emitter: string;
  readonly actor: string;
  readonly number: number;
  readonly timeMs: number;
  /** Everything before these offsets stands in the log. */
  readonly positions: SourcePositions;
}

/** The log's own sign of life: the wall clock and how far each source has been read. */
export function heartbeatEvent(fields: HeartbeatFields): PlainEvent {
  const { actor, emitter, number, positions, timeMs } = fields;
  const details = Object.fromEntries([...positions].map(([name, next]) => [name, String(next)]));
  const time = new Date(timeMs).toISOString();
  return { v: 1, time, emitter, type: 'heartbeat', number, actor, details };
}

/** A heartbeat of the log's own writer, or null for any other entry. */
export function ownHeartbeat(entry: LogEntry): PlainEvent | null {
  if (entry.kind !== 'own') return null;
  const event = parseEvent(entry.value);
  return event?.type === 'heartbeat' ? event : null;
}

/** Positions that a heartbeat holds. */
export function positionsIn(heartbeat: PlainEvent): Map<string, bigint> {
  const positions = new Map<string, bigint>();
  for (const [name, next] of Object.entries(heartbeat.details)) {
    if (/\/\d+$/.test(name) && typeof next === 'string' && /^\d{1,19}$/.test(next)) {
      positions.set(name, BigInt(next));
    }
  }
  return positions;
}

/**
 * Where to read on after the entries of a log, which come in blocks from the newest to the oldest.
 * Stops at the newest heartbeat, since that holds all positions of its time.
 */
export async function lastPositions(
  blocks: AsyncIterable<readonly Buffer[]>,
): Promise<Map<string, bigint>> {
  const positions = new Map<string, bigint>();
  const raise = (name: string, next: bigint) => {
    if (!positions.has(name)) positions.set(name, next);
  };
  for await (const block of blocks) {
    for (const bytes of block.toReversed()) {
      const entry = decodeEntry(bytes);
      if (entry.kind === 'sourced') {
        raise(sourceName(entry.topic, entry.partition), entry.offset + 1n);
      }
      const heartbeat = ownHeartbeat(entry);
      if (heartbeat === null) continue;
      for (const [name, next] of positionsIn(heartbeat)) raise(name, next);
      return positions;
    }
  }
  return positions;
}
