import type { BatchEvent } from '@sealstream/contracts';
import { expect, test } from 'vitest';

import { FlowLatencies } from '../src/flow-latencies.ts';

const NOW = 1_000_000;

function batch(latencyMs: number, over: Partial<BatchEvent> = {}): BatchEvent {
  return {
    v: 1,
    time: new Date(NOW).toISOString(),
    type: 'batch',
    emitter: 'mask/people/0',
    stage: 'mask',
    dataset: 'people',
    topic: 'accepted.people',
    partition: 0,
    range: { from: '0', to: '1' },
    recordsIn: 1,
    bytesIn: 1,
    lastRecord: new Date(NOW - latencyMs).toISOString(),
    outputs: {},
    rejected: {},
    treated: {},
    droppedHeaders: 0,
    tombstones: 0,
    policy: 'x',
    keyIds: [],
    ...over,
  };
}

test('half and nineteen twentieths of the batches of the last minute were no later', () => {
  const latencies = new FlowLatencies();
  for (let ms = 100; ms >= 1; ms -= 1) latencies.take(batch(ms), NOW);
  latencies.take(batch(9_999), NOW - 60_000);
  expect(latencies.of('people', 'mask', NOW)).toEqual({ p50: 50, p95: 95 });
});

test('it is not known where no batch of the last minute tells', () => {
  const latencies = new FlowLatencies();
  expect(latencies.of('people', 'mask', NOW)).toBeNull();
  latencies.take(batch(5), NOW - 60_000);
  latencies.take(batch(5, { lastRecord: undefined }), NOW);
  expect(latencies.of('people', 'mask', NOW)).toBeNull();
  expect(latencies.of('people', 'encrypt', NOW)).toBeNull();
});

test('each stage and dataset has its own', () => {
  const latencies = new FlowLatencies();
  latencies.take(batch(5), NOW);
  latencies.take(batch(7, { dataset: 'orders' }), NOW);
  latencies.take(batch(9, { stage: 'encrypt' }), NOW);
  expect(latencies.of('people', 'mask', NOW)).toEqual({ p50: 5, p95: 5 });
  expect(latencies.of('orders', 'mask', NOW)).toEqual({ p50: 7, p95: 7 });
  expect(latencies.of('people', 'encrypt', NOW)).toEqual({ p50: 9, p95: 9 });
});

test('a record from the future is not late', () => {
  const latencies = new FlowLatencies();
  latencies.take(batch(-5_000), NOW);
  expect(latencies.of('people', 'mask', NOW)).toEqual({ p50: 0, p95: 0 });
});

test('of a stage with many batches the newest six hundred count', () => {
  const latencies = new FlowLatencies();
  for (let at = 0; at < 600; at += 1) latencies.take(batch(1000), NOW);
  for (let at = 0; at < 600; at += 1) latencies.take(batch(3), NOW);
  expect(latencies.of('people', 'mask', NOW)).toEqual({ p50: 3, p95: 3 });
});
