import { describe, expect, test, vi } from 'vitest';

import type { AuditNote } from '../src/audit-emitter.ts';
import { Health } from '../src/health.ts';
import { logTo } from '../src/log.ts';
import { openMetrics } from '../src/metrics.ts';
import { ObservedStage } from '../src/stage-observer.ts';

function observed() {
  const notes: AuditNote[] = [];
  const health = new Health();
  const metrics = openMetrics('mask');
  const stage = new ObservedStage({
    stage: 'mask',
    dataset: 'people',
    rejectedTopic: 'rejected.people',
    metrics,
    health,
    logger: logTo({ service: 'mask', instance: 'm', level: 'error' }, { write: () => undefined }),
    audit: { note: (note) => void notes.push(note) },
    settledMs: 3000,
  });
  return { notes, health, metrics, stage };
}

describe('a pause', () => {
  test('is an event, a reason not to be ready and a metric row, until it is over', async () => {
    vi.useFakeTimers();
    const { health, metrics, notes, stage } = observed();
    stage.onPaused(2, 'KEYRING_STALE');
    stage.onPaused(2, 'KEYRING_STALE');
    const row = 'sealstream_stage_paused{stage="mask",dataset="people",partition="2"';
    expect(await metrics.text()).toContain(`${row},code="KEYRING_STALE"} 1`);
    expect(health.report().waitsFor).toEqual([{ name: 'mask/people/2', why: 'KEYRING_STALE' }]);
    stage.onRunning(2);
    vi.advanceTimersByTime(3001);
    expect(health.report().ready).toBe(true);
    expect(await metrics.text()).not.toContain(row);
    expect(notes).toEqual([
      {
        type: 'paused',
        dataset: 'people',
        details: {
          stage: 'mask',
          partition: 2,
          code: 'KEYRING_STALE',
          since: expect.stringMatching(/Z$/),
        },
      },
      {
        type: 'resumed',
        dataset: 'people',
        details: { stage: 'mask', partition: 2, code: 'KEYRING_STALE' },
      },
    ]);
    vi.useRealTimers();
  });

  test('that is tried again and again reads as one', () => {
    vi.useFakeTimers();
    const { notes, stage } = observed();
    for (let tries = 0; tries < 5; tries++) {
      stage.onPaused(0, 'TOPIC_MISSING');
      vi.advanceTimersByTime(1000);
      stage.onRunning(0);
      vi.advanceTimersByTime(1000);
    }
    stage.onPaused(0, 'TOPIC_MISSING');
    vi.advanceTimersByTime(60_000);
    expect(notes.map(({ type }) => type)).toEqual(['paused']);
    vi.useRealTimers();
  });

  test('is told again every 30 s while it lasts, since when it began', () => {
    vi.useFakeTimers();
    const { notes, stage } = observed();
    stage.onPaused(0, 'TOPIC_MISSING');
    for (let second = 0; second < 95; second += 5) {
      vi.advanceTimersByTime(5000);
      stage.repeat();
    }
    expect(notes.map(({ type }) => type)).toEqual(['paused', 'paused', 'paused', 'paused']);
    expect(new Set(notes.map(({ details }) => details?.['since'])).size).toBe(1);
    vi.useRealTimers();
  });

  test('of a partition that went to another process is forgotten here', () => {
    const { health, stage } = observed();
    stage.onPaused(1, 'KEYSET_MISSING');
    stage.keepOnly([0, 2]);
    expect(health.report().ready).toBe(true);
  });
});

test('a committed batch counts records and bytes in, out and rejected', async () => {
  const { metrics, stage } = observed();
  const batch = { topic: 'accepted.people', records: { length: 3, sizeBytes: 15 } };
  const outputs = [
    { topic: 'masked.people', records: { length: 2, sizeBytes: 9 } },
    { topic: 'rejected.people', records: { length: 1, sizeBytes: 1 } },
  ];
  stage.onCommitted(batch, outputs, 0.01);
  stage.onAborted(0, 'X', true);
  const text = await metrics.text();
  for (const [topic, outcome, records, bytes] of [
    ['accepted.people', 'in', 3, 15],
    ['masked.people', 'out', 2, 9],
    ['rejected.people', 'rejected', 1, 1],
  ]) {
    const labels = `{stage="mask",dataset="people",topic="${topic}",outcome="${outcome}"}`;
    expect(text).toContain(`sealstream_stage_records_total${labels} ${records}`);
    expect(text).toContain(`sealstream_stage_bytes_total${labels} ${bytes}`);
  }
  expect(text).toContain('result="fenced"} 1');
  expect(text).toContain('result="committed"} 1');
});

test('lost records are told with their range', () => {
  const { notes, stage } = observed();
  stage.onLost(3, 10n, 20n);
  expect(notes).toEqual([
    {
      type: 'offsets-lost',
      dataset: 'people',
      details: { stage: 'mask', partition: 3, from: '10', to: '20' },
    },
  ]);
});
