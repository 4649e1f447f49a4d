import { describe, expect, test } from 'vitest';
import { checkBalance, checkBranch, checkRejected } from '../demo/checks/flow.ts';
import type { Outcome } from '../demo/outcomes.ts';
import { RawLedger } from '../demo/raw-ledger.ts';

const INCARNATION = 'a1b2c3d4';

/** Two partitions with ten raw records each. */
function ledgerOf(): RawLedger {
  const ledger = new RawLedger(INCARNATION, 2);
  for (let n = 0; n < 20; n++)
    ledger.add(n % 2, {
      offset: BigInt(Math.floor(n / 2)),
      timestamp: 1n,
      key: null,
      value: Buffer.from(`value ${n}`),
      headers: [],
    });
  return ledger;
}

const ledger = ledgerOf();
const outcome = (partition: number, offset: number, at = offset): Outcome => ({
  partition,
  at: BigInt(at),
  source: { incarnation: INCARNATION, partition, offset: BigInt(offset) },
});
const bad = { ...outcome(1, 4), stage: 'ingest', code: 'RECORD_INVALID_JSON' };
const good = [0, 1].flatMap((partition) =>
  Array.from({ length: 10 }, (_, offset) => outcome(partition, offset)).filter(
    (each) => each.partition !== 1 || each.source?.offset !== 4n,
  ),
);
const branch = (outcomes: readonly Outcome[]) => checkBranch('mask', ledger, [bad], outcomes);

describe('the check of a branch', () => {
  test('passes when every accepted coordinate is there once and in order', () => {
    expect(branch(good)).toMatchObject({ ok: true, seen: '19 records' });
  });

  test('fails on a missing record and names its coordinate', () => {
    const verdict = branch(good.toSpliced(3, 1));
    expect(verdict).toMatchObject({ ok: false, first: `${INCARNATION}/0/3` });
    expect(verdict.seen).toContain('1 missing');
  });

  test('fails on a doubled record even when the count is right', () => {
    const verdict = branch([...good.toSpliced(3, 1), outcome(0, 7, 99)]);
    expect(verdict.seen).toContain('1 missing, 1 doubled');
    expect(verdict.ok).toBe(false);
  });

  test('fails on records out of order', () => {
    const turned = [...good.slice(1, 2), ...good.slice(0, 1), ...good.slice(2)];
    expect(branch(turned)).toMatchObject({ ok: false, first: `${INCARNATION}/0/0` });
  });

  test('fails on a record without coordinate, of another topic, or in another partition', () => {
    const elsewhere = { ...outcome(0, 1), partition: 1, at: 50n };
    const other = outcome(0, 1, 60);
    if (other.source !== null) Object.assign(other.source, { incarnation: '00000000' });
    for (const extra of [{ partition: 0, at: 40n, source: null }, elsewhere, other])
      expect(branch([...good, extra]).seen).toContain('1 that should not be there');
  });

  test('fails on a record that should have been rejected', () => {
    expect(branch([...good, outcome(1, 4, 70)]).ok).toBe(false);
  });
});

describe('the check of the balance', () => {
  const balance = (accepted: readonly Outcome[], rejected: readonly Outcome[], published = 20) =>
    checkBalance(published, ledger, accepted, rejected).ok;

  test('passes when accepted and rejected are raw', () => {
    expect(balance(good, [bad])).toBe(true);
  });

  test('fails when a record is in both, in neither, or was never read from raw', () => {
    expect(balance([...good, outcome(1, 4, 90)], [bad])).toBe(false);
    expect(balance(good, [])).toBe(false);
    expect(balance(good, [bad], 21)).toBe(false);
    expect(balance(good.slice(1), [bad, { ...bad, at: 2n }])).toBe(false);
  });
});

describe('the check of rejects', () => {
  const wanted = [['RECORD_INVALID_JSON', 'bad JSON', 1]] as const;

  test('passes when each code came as often as it was provoked', () => {
    expect(checkRejected([bad], wanted).ok).toBe(true);
  });

  test('fails on another code, another count or another stage', () => {
    expect(checkRejected([{ ...bad, code: 'RECORD_TOO_LARGE' }], wanted).ok).toBe(false);
    expect(checkRejected([], wanted).ok).toBe(false);
    const byMask = checkRejected([{ ...bad, stage: 'mask' }], wanted);
    expect(byMask.ok).toBe(false);
    expect(byMask.seen).toContain('RECORD_INVALID_JSON (mask) 1');
  });
});
