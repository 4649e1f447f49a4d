import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchPace } from '../src/batch-pace.ts';

const limits = { batchRecords: 1000, batchBytes: 100_000, lingerMs: 100, latencyMs: 200 };

describe('the pace of a partition', () => {
  it('lets a record that comes after a pause start a transaction at once', () => {
    const pace = new BatchPace(limits);
    expect(pace.dueMs()).toBeLessThan(0);
    pace.onStarted(5000);
    expect(pace.dueMs()).toBe(5100);
  });

  it('keeps small transactions apart that take long, so that they do not wait for each other', () => {
    const pace = new BatchPace(limits);
    const dueAfter = (records: number, tookMs: number) => {
      for (let batch = 0; batch < 50; batch += 1) pace.onCommitted(records, 1, tookMs);
      pace.onStarted(5000);
      return pace.dueMs() - 5000;
    };
    expect(dueAfter(1, 20)).toBe(100);
    expect(dueAfter(1, 70)).toBeCloseTo(140, 0);
    // Not for ever, however slow they are; and full batches have their own rule.
    expect(dueAfter(1, 900)).toBe(200);
    expect(dueAfter(1, 20)).toBe(100);
    expect(dueAfter(1000, 150)).toBe(100);
  });

  it('starts a full batch whenever it is full, by records or by bytes', () => {
    const pace = new BatchPace(limits);
    expect(pace.isFull(999, 99_999)).toBe(false);
    expect(pace.isFull(1000, 1)).toBe(true);
    expect(pace.isFull(1, 100_000)).toBe(true);
  });

  it('makes batches smaller while transactions are slow, and larger again when they are not', () => {
    const pace = new BatchPace(limits);
    pace.onCommitted(1000, 100_000, 201);
    expect([pace.maxRecords, pace.maxBytes]).toEqual([500, 50_000]);
    pace.onCommitted(500, 50_000, 150);
    expect(pace.maxRecords).toBe(500);
    pace.onCommitted(10, 1000, 1);
    expect(pace.maxRecords).toBe(500);
    for (let batch = 0; batch < 10; batch += 1)
      pace.onCommitted(pace.maxRecords, pace.maxBytes, 99);
    expect([pace.maxRecords, pace.maxBytes]).toEqual([1000, 100_000]);
  });

  it('does not shrink on where a transaction takes as long whatever its size', () => {
    const pace = new BatchPace(limits);
    const least = [];
    for (let batch = 0; batch < 50; batch += 1) {
      pace.onCommitted(pace.maxRecords, pace.maxBytes, 300);
      least.push(pace.maxRecords);
    }
    expect(Math.min(...least)).toBe(500);
  });

  it('never asks for nothing and never for more than the limits', () => {
    const step = fc.record({ records: fc.nat(2000), tookMs: fc.nat(1000) });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200 }),
        fc.integer({ min: 1, max: 40 }),
        (steps, n) => {
          const pace = new BatchPace({ ...limits, batchRecords: n });
          for (const { records, tookMs } of steps) pace.onCommitted(records, 0, tookMs);
          expect(pace.maxRecords).toBeGreaterThanOrEqual(1);
          expect(pace.maxRecords).toBeLessThanOrEqual(n);
          expect(pace.maxBytes).toBeGreaterThanOrEqual(100_000 / 16);
          expect(pace.maxBytes).toBeLessThanOrEqual(100_000);
        },
      ),
    );
  });
});
