import { Continuity, decodeEntry, parseEvent } from '@sealstream/audit-log';
import { AuditEvent } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';
import { type EventChunk, EventsToLog } from '../src/events-to-log.ts';
import { OwnEvents } from '../src/own-events.ts';
import { batchEvent, plainEvent, valueOf } from './sample-events.ts';

const NOW = Date.parse('2026-01-02T03:04:06.000Z');
const MASK = 'audit.events.mask';

function made(): EventsToLog {
  const state = { positions: new Map(), topicIds: new Map() };
  return new EventsToLog(new Continuity(), new OwnEvents('audit/1'), state);
}

function chunkOf(values: readonly (Buffer | null)[], from = 0, topic = MASK): EventChunk {
  const records = values.map((value, at) => ({ offset: BigInt(from + at), value }));
  return { topic, partition: 0, records, nextOffset: BigInt(from + values.length + 1) };
}

const chunk = (...args: Parameters<typeof chunkOf>) =>
  ({ kind: 'chunk', chunk: chunkOf(...args) }) as const;

/** The log's own events of a batch. */
function ownEvents(entries: readonly Buffer[]): AuditEvent[] {
  return entries.flatMap((bytes) => {
    const entry = decodeEntry(bytes);
    return entry.kind === 'own' ? [AuditEvent.parse(JSON.parse(entry.value.toString()))] : [];
  });
}

describe('records', () => {
  test('become one entry each, in order, with their exact bytes and where they came from', () => {
    const values = [batchEvent(0, 5), batchEvent(5, 9)].map(valueOf);
    const { counts, entries, gaps, invalid } = made().batch([chunk(values, 40)], 0, NOW);
    expect(entries.map((bytes) => decodeEntry(bytes))).toMatchObject([
      { topic: MASK, partition: 0, offset: 40n, value: values[0] },
      { topic: MASK, partition: 0, offset: 41n, value: values[1] },
    ]);
    expect([...counts]).toEqual([[MASK, 2]]);
    expect([gaps, invalid.size]).toEqual([[], 0]);
  });

  test('that are no valid events are logged as they came, counted, and never dropped', () => {
    const values = [
      Buffer.from('{"v":2}'),
      Buffer.from([0xff, 0]),
      null,
      Buffer.alloc(100_000, 'x'),
    ];
    const { counts, entries, gaps, invalid } = made().batch([chunk(values)], 0, NOW);
    const read = entries.map((bytes) => decodeEntry(bytes));
    const back = read.map((entry) => (entry.kind === 'sourced' ? entry.value : undefined));
    expect(back.slice(0, 3)).toEqual(values.slice(0, 3));
    expect(Buffer.concat(back.slice(3).map((part) => part ?? Buffer.alloc(0)))).toEqual(values[3]);
    expect(counts.get(MASK)).toBe(entries.length);
    expect(invalid.get(MASK)).toBe(entries.length);
    expect(gaps).toEqual([]);
  });
});

describe('what does not join', () => {
  test('a gap and a repeat are told right behind the batch, with what was expected and seen', () => {
    const values = [batchEvent(0, 5), batchEvent(7, 9), batchEvent(8, 9)].map(valueOf);
    const { entries, gaps } = made().batch([chunk(values)], 100, NOW);
    expect(gaps).toEqual([
      {
        service: 'mask',
        entry: 101,
        kind: 'gap',
        topic: MASK,
        emitter: 'mask/people/0',
        expected: '5',
        seen: '7',
      },
      expect.objectContaining({ kind: 'repeat', entry: 102, expected: '9', seen: '8' }),
    ]);
    const own = ownEvents(entries);
    expect(own.map(({ type }) => type)).toEqual(['gap', 'gap']);
    expect(own).toMatchObject([{ number: 0, details: gaps[0] }, { number: 1 }]);
  });

  test('a gap between two batches and one across two calls are found as well', () => {
    const transform = made();
    const first = transform.batch([chunk([valueOf(batchEvent(0, 5))])], 0, NOW);
    expect(first.gaps).toEqual([]);
    const works = [chunk([valueOf(batchEvent(6, 7))], 2), chunk([valueOf(batchEvent(8, 9))], 4)];
    expect(transform.batch(works, 1, NOW).gaps).toHaveLength(2);
  });

  test('very many in one batch are told as twenty and a number', () => {
    const values = Array.from({ length: 50 }, (_, at) => valueOf(batchEvent(at * 10, at * 10 + 5)));
    const { entries, gaps } = made().batch([chunk(values)], 0, NOW);
    expect(gaps).toHaveLength(21);
    expect(gaps.at(-1)).toEqual({ service: 'mask', kind: 'more', count: 29 });
    expect(entries).toHaveLength(71);
  });

  test('an event of another emitter on a topic is told', () => {
    const { gaps } = made().batch([chunk([valueOf(plainEvent(0, 'ingest/1'))])], 0, NOW);
    expect(gaps).toMatchObject([{ kind: 'emitter-foreign', service: 'mask', emitter: 'ingest/1' }]);
  });

  test('a range that Kafka lost is an entry and a gap, and reading goes on behind it', () => {
    const lost = { topic: MASK, partition: 0, from: 5n, to: 9n, reason: 'expired' } as const;
    const { entries, gaps } = made().batch([{ kind: 'lost', lost }], 0, NOW);
    expect(ownEvents(entries)).toMatchObject([
      { type: 'offsets-lost', details: { topic: MASK, partition: 0, from: '5', to: '9' } },
    ]);
    expect(gaps).toMatchObject([{ service: 'mask', kind: 'expired' }]);
  });

  test('offsets that begin again after a topic was made anew are no repeat', () => {
    const transform = made();
    transform.batch([chunk([valueOf(batchEvent(0, 5))], 70)], 0, NOW);
    const lost = { topic: MASK, partition: 0, from: 71n, to: 0n } as const;
    const works = [
      { kind: 'lost', lost: { ...lost, reason: 'topic-made-anew' } } as const,
      chunk([valueOf(batchEvent(5, 6))], 0),
    ];
    expect(transform.batch(works, 1, NOW).gaps.map(({ kind }) => kind)).toEqual([
      'topic-made-anew',
    ]);
  });
});

test('a heartbeat holds the wall clock, the topic ids and positions past control records', () => {
  const transform = made();
  const id = 'ab'.repeat(16);
  const works = [
    { kind: 'topic', topic: MASK, topicId: id } as const,
    chunk([valueOf(batchEvent(0, 5))], 3),
    { kind: 'heartbeat' } as const,
  ];
  const { entries } = transform.batch(works, 0, NOW);
  const entry = decodeEntry(entries[1] ?? Buffer.alloc(0));
  const event = entry.kind === 'own' ? parseEvent(entry.value) : null;
  expect(event).toMatchObject({
    type: 'heartbeat',
    number: 0,
    time: '2026-01-02T03:04:06.000Z',
    details: { [`${MASK}/0`]: '5', [MASK]: id },
  });
});
