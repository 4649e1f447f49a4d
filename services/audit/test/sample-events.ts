import type { BatchEvent, PlainEvent } from '@sealstream/contracts';

/** A batch event of mask over [from, to). */
export function batchEvent(from: number, to: number, emitter = 'mask/people/0'): BatchEvent {
  return {
    v: 1,
    time: '2026-01-02T03:04:05.000Z',
    emitter,
    type: 'batch',
    stage: 'mask',
    dataset: 'people',
    topic: 'accepted.people',
    partition: 0,
    range: { from: String(from), to: String(to) },
    recordsIn: to - from,
    bytesIn: 10,
    outputs: {},
    rejected: {},
    treated: {},
    droppedHeaders: 0,
    tombstones: 0,
    policy: 'ab',
    keyIds: [],
  };
}

/** A numbered event of one start of an emitter. */
export function plainEvent(number: number, emitter = 'cli/a'): PlainEvent {
  const time = '2026-01-02T03:04:05.000Z';
  return { v: 1, time, emitter, type: 'key-rotated', number, actor: 'somebody', details: {} };
}

/** An event as the value of a record. */
export function valueOf(event: object): Buffer {
  return Buffer.from(JSON.stringify(event));
}
