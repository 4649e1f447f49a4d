import type { Flow } from '../src/page/api/answers.ts';

/** A rate that goes up and down as a day does, the same for the same moment. */
const wave = (atMs: number, base: number, swing: number, periodSeconds: number) =>
  Math.max(0, base + swing * Math.sin((atMs / 1000 / periodSeconds) * 2 * Math.PI));

/** What GET /v1/flow tells at a moment, of two datasets: one that runs, one with a paused partition. */
export function flowAt(atMs: number): Flow {
  const people = wave(atMs, 1840, 260, 140);
  const orders = wave(atMs, 42, 9, 90);
  return {
    at: new Date(atMs).toISOString(),
    datasets: [
      {
        name: 'people',
        topics: {
          raw: 'raw.people',
          accepted: 'accepted.people',
          masked: 'masked.people',
          encrypted: 'encrypted.people',
          rejected: 'rejected.people',
        },
        rates: {
          raw: people,
          accepted: people * 0.995,
          masked: people * 0.99,
          encrypted: people * 0.97,
          rejected: 0.4,
        },
        stages: [
          {
            name: 'ingest',
            lagRecords: Math.round(people / 3),
            lagSeconds: wave(atMs, 0.4, 0.2, 60),
            members: 3,
            latencyMs: { p50: 62, p95: wave(atMs, 140, 40, 75) },
            paused: [],
          },
          {
            name: 'mask',
            lagRecords: Math.round(people / 2),
            lagSeconds: wave(atMs, 0.7, 0.3, 80),
            members: 3,
            latencyMs: { p50: 214, p95: wave(atMs, 420, 110, 100) },
            paused: [],
          },
          {
            name: 'encrypt',
            lagRecords: 2103,
            lagSeconds: wave(atMs, 1.4, 0.5, 110),
            members: 2,
            latencyMs: null,
            paused: [],
          },
        ],
        rejectedTotal: 1287,
      },
      {
        name: 'orders',
        topics: {
          raw: 'shop.orders',
          accepted: 'accepted.orders',
          masked: 'masked.orders',
          encrypted: 'encrypted.orders',
          rejected: 'rejected.orders',
        },
        rates: {
          raw: orders,
          accepted: orders,
          masked: orders * 0.66,
          encrypted: orders,
          rejected: 0,
        },
        stages: [
          {
            name: 'ingest',
            lagRecords: 12,
            lagSeconds: 0.2,
            members: 1,
            latencyMs: { p50: 41, p95: 88 },
            paused: [],
          },
          {
            name: 'mask',
            lagRecords: 18_204,
            lagSeconds: wave(atMs, 430, 20, 300),
            members: 1,
            latencyMs: { p50: 180, p95: 390 },
            paused: [{ partition: 2, code: 'KEYSET_MISSING' }],
          },
          {
            name: 'encrypt',
            lagRecords: 0,
            lagSeconds: 0,
            members: 1,
            latencyMs: { p50: 150, p95: 310 },
            paused: [],
          },
        ],
        rejectedTotal: 0,
      },
    ],
  };
}
