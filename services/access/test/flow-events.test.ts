import { type BatchEvent, datasetTopics } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';

import { FlowEvents, PAUSE_SILENCE_MS } from '../src/flow-events.ts';

const topics = datasetTopics('people', { masked: 'people-for-all' });
const flow = new Map([['people', topics]]);
const START = 1_000_000;

function batch(over: Partial<BatchEvent>): Buffer {
  const event: BatchEvent = {
    v: 1,
    time: new Date(START).toISOString(),
    type: 'batch',
    emitter: 'mask/people/0',
    stage: 'mask',
    dataset: 'people',
    topic: topics.accepted,
    partition: 0,
    range: { from: '0', to: '1' },
    recordsIn: 1,
    bytesIn: 1,
    outputs: {},
    rejected: {},
    treated: {},
    droppedHeaders: 0,
    tombstones: 0,
    policy: 'x',
    keyIds: [],
    ...over,
  };
  return Buffer.from(JSON.stringify(event));
}

function plain(type: string, details: object): Buffer {
  const time = new Date(START).toISOString();
  const who = { emitter: 'mask/m', actor: 'mask/m', number: 0 };
  return Buffer.from(JSON.stringify({ v: 1, time, type, ...who, dataset: 'people', details }));
}

const out = (records: number) => ({ records, bytes: 1, sha256: 'x' });

describe('groups', () => {
  test('are summed over partitions; what waits is the last word of each', () => {
    const events = new FlowEvents(flow, START);
    const outputs = { 'people-for-all': out(10), 'mask.state.people': out(99) };
    const first = { groups: 2, waiting: 5, suppressed: { 'too-few': 1 }, outputs };
    events.take('mask', batch(first), START);
    events.take('mask', batch({ ...first, waiting: 3, suppressed: { late: 2 } }), START + 1);
    events.take('mask', batch({ partition: 1, groups: 1, waiting: 4, suppressed: {} }), START + 2);
    expect(events.groups('people')).toEqual({
      groups: 5,
      waiting: 7,
      suppressed: { 'too-few': 1, late: 2 },
      published: 20,
    });
  });

  test('of before the start, of another service, or of an unknown dataset count nothing', () => {
    const events = new FlowEvents(flow, START);
    const counted = { groups: 2, waiting: 5, suppressed: {} };
    events.take('mask', batch(counted), START - 1);
    events.take('ingest', batch(counted), START);
    events.take('mask', batch({ ...counted, dataset: 'others' }), START);
    events.take('mask', Buffer.from('{"type":'), START);
    expect(events.groups('people')).toMatchObject({ groups: 0, waiting: 0, published: 0 });
  });
});

test('undeclared personal data is what ingest says of it', () => {
  const events = new FlowEvents(flow, START);
  const said = { stage: 'ingest', undeclared: { email: 2 } };
  events.take('ingest', batch(said), START);
  events.take('ingest', batch({ ...said, undeclared: { email: 1, phone: 4 } }), START);
  events.take('mask', batch({ undeclared: { email: 100 } }), START);
  expect(events.undeclared('people')).toEqual({ email: 3, phone: 4 });
});

test('a pause is shown until it ends, also one told shortly before the start, and no longer than it is repeated', () => {
  const events = new FlowEvents(flow, START);
  const stage = { dataset: 'people', stage: 'mask' };
  events.take('mask', plain('paused', { partition: 3, code: 'POLICY_BEHIND' }), START - 1);
  events.take('mask', plain('paused', { partition: 1, code: 'KEY_UNKNOWN' }), START);
  events.take('ingest', plain('paused', { partition: 2, code: 'KEY_UNKNOWN' }), START);
  expect(events.pauses(stage, START)).toEqual([
    { partition: 1, code: 'KEY_UNKNOWN' },
    { partition: 3, code: 'POLICY_BEHIND' },
  ]);
  events.take('mask', plain('resumed', { partition: 3 }), START);
  events.take('mask', batch({ partition: 2 }), START);
  expect(events.pauses(stage, START).map(({ partition }) => partition)).toEqual([1]);
  expect(events.pauses(stage, START + PAUSE_SILENCE_MS)).toEqual([]);
});
