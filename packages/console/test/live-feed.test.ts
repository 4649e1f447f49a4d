import { describe, expect, test } from 'vitest';
import type { Flow } from '../src/page/api/answers.ts';
import {
  FIRST_FEED,
  GIVEN_UP_AFTER_MS,
  nextFeed,
  retryDelay,
  SILENT_AFTER_MS,
} from '../src/page/api/live-feed.ts';

const flow: Flow = { at: '2026-01-02T03:04:05.000Z', datasets: [] };
const problem = { status: 503, code: 'KAFKA_UNREACHABLE', title: 'Kafka is away.' };
const opened = nextFeed(FIRST_FEED, { type: 'opening', now: 0 });
const live = nextFeed(opened, { type: 'flow', flow, now: 1000 });
const broken = (feed = live) => nextFeed(feed, { type: 'broken', random: 0 });

describe('a feed', () => {
  test('is live with its first event, and not before', () => {
    expect(opened.status).toBe('connecting');
    expect(live).toMatchObject({ status: 'live', latest: flow, latestAt: 1000, failures: 0 });
  });

  test('is not called live once nothing was heard for five seconds', () => {
    const at = (now: number) => nextFeed(live, { type: 'clock', now }).status;
    expect(at(1000 + SILENT_AFTER_MS - 1)).toBe('live');
    expect(at(1000 + SILENT_AFTER_MS)).toBe('silent');
  });

  test('is live again with the next event, and keeps what it showed until then', () => {
    const silent = nextFeed(live, { type: 'clock', now: 1000 + SILENT_AFTER_MS });
    expect(silent.latest).toBe(flow);
    expect(nextFeed(silent, { type: 'flow', flow, now: 9000 }).status).toBe('live');
  });

  test('gives up a connection that says nothing, opened or never opened', () => {
    const late = { type: 'clock', now: 1000 + GIVEN_UP_AFTER_MS } as const;
    expect(nextFeed(live, late)).toMatchObject({ status: 'waiting', broken: 1 });
    expect(nextFeed(opened, late)).toMatchObject({ status: 'waiting', broken: 1 });
  });

  test('waits longer after each break, and begins anew with the first event', () => {
    const again = nextFeed(broken(), { type: 'opening', now: 2000 });
    const twice = broken(again);
    expect([broken().retryMs, twice.retryMs]).toEqual([1000, 2000]);
    const back = nextFeed(twice, { type: 'flow', flow, now: 5000 });
    expect(back).toMatchObject({ status: 'live', failures: 0, retryMs: 0, broken: 2 });
  });

  test('takes two signs of one break for one', () => {
    expect(broken(broken())).toEqual(broken());
    expect(nextFeed(broken(), { type: 'clock', now: 10 ** 9 })).toEqual(broken());
  });

  test('waits as long as the service wishes', () => {
    const wished = { ...problem, retryAfterSeconds: 12 };
    const feed = nextFeed(live, { type: 'broken', random: 0, problem: wished });
    expect(feed).toMatchObject({ status: 'waiting', retryMs: 12_000, problem: wished });
    expect(nextFeed(feed, { type: 'flow', flow, now: 1 }).problem).toBeUndefined();
  });

  test('that was refused stays so', () => {
    const refused = nextFeed(live, { type: 'refused', problem });
    expect(refused).toMatchObject({ status: 'ended', problem });
    expect(nextFeed(refused, { type: 'flow', flow, now: 1 })).toBe(refused);
    expect(broken(refused)).toBe(refused);
  });
});

test('the wait doubles up to half a minute, and spreads by a fifth', () => {
  expect([1, 2, 3, 4, 5, 6, 60].map((failures) => retryDelay(failures, 0))).toEqual([
    1000, 2000, 4000, 8000, 16_000, 30_000, 30_000,
  ]);
  expect(retryDelay(1, 1)).toBe(1200);
});
