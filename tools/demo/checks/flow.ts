import type { RejectCode } from '@sealstream/contracts';
import { BAD_KINDS } from '../bad-records.ts';
import { compareOutcomes, type Outcome, wordsOf } from '../outcomes.ts';
import type { RawLedger } from '../raw-ledger.ts';
import type { Verdict } from './check.ts';

/** A rejected record, with the reason that stands on it in clear. */
export interface Rejected extends Outcome {
  readonly stage: string;
  readonly code: string;
}

const count = (records: number) => records.toLocaleString('en-US');

/** Offsets of raw by partition, without those that were rejected. */
export function acceptable(ledger: RawLedger, rejected: readonly Outcome[]): bigint[][] {
  const gone = new Set(rejected.map(({ source }) => `${source?.partition}/${source?.offset}`));
  return Array.from({ length: ledger.partitions }, (_, partition) =>
    ledger.offsets(partition).filter((offset) => !gone.has(`${partition}/${offset}`)),
  );
}

/** Accepted and rejected together are raw: every coordinate in one of the two, once. */
export function checkBalance(
  published: number,
  ledger: RawLedger,
  accepted: readonly Outcome[],
  rejected: readonly Outcome[],
): Verdict {
  const whole = acceptable(ledger, []);
  const parts = compareOutcomes(ledger, acceptable(ledger, rejected), accepted);
  // Rejects of mask and encrypt name records that were accepted, so only ingest's count here.
  const other = compareOutcomes(ledger, whole, rejected);
  const wrong = [
    wordsOf(parts),
    other.doubled + other.foreign > 0 ? `rejected: ${wordsOf({ ...other, missing: 0 })}` : '',
    ledger.count === published ? '' : `${count(ledger.count)} read from raw`,
  ].filter((part) => part !== '');
  const { length: a } = accepted;
  const { length: r } = rejected;
  return {
    ok: wrong.length === 0 && a + r === published,
    expected: `accepted + rejected = ${count(published)} published`,
    seen: [`${count(a)} + ${count(r)} = ${count(a + r)}`, ...wrong].join('; '),
    first: parts.first ?? (other.doubled + other.foreign > 0 ? other.first : undefined),
    log: 'ingest',
  };
}

/** As many rejects of each code as bad records of its kind, all by ingest. */
export function checkRejected(
  rejected: readonly Rejected[],
  wanted: readonly (readonly [RejectCode, string, number])[] = BAD_KINDS,
): Verdict {
  const counts = new Map<string, number>();
  for (const { stage, code } of rejected) {
    const name = stage === 'ingest' ? code : `${code} (${stage})`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = new Set([...wanted.map(([code]) => code), ...counts.keys()]);
  const expectedOf = (name: string) => wanted.find(([code]) => code === name)?.[2] ?? 0;
  const wrong = [...names].filter((name) => expectedOf(name) !== (counts.get(name) ?? 0));
  const said = (of: (name: string) => number) => wrong.map((name) => `${name} ${of(name)}`);
  const [odd] = rejected.filter(({ code, stage }) => {
    return wrong.includes(stage === 'ingest' ? code : `${code} (${stage})`);
  });
  return {
    ok: wrong.length === 0,
    expected: said(expectedOf).join(', '),
    seen: said((name) => counts.get(name) ?? 0).join(', '),
    first:
      odd?.source === undefined || odd.source === null
        ? undefined
        : `${odd.source.incarnation}/${odd.source.partition}/${odd.source.offset}`,
    log: 'ingest',
  };
}

/** Every accepted source coordinate once and in order. */
export function checkBranch(
  log: 'mask' | 'encrypt',
  ledger: RawLedger,
  rejected: readonly Outcome[],
  outcomes: readonly Outcome[],
): Verdict {
  const expected = acceptable(ledger, rejected);
  const comparison = compareOutcomes(ledger, expected, outcomes);
  const wrong = wordsOf(comparison);
  const wanted = expected.reduce((sum, offsets) => sum + offsets.length, 0);
  return {
    ok: wrong === '',
    expected: `${count(wanted)} records, every source coordinate once, in order`,
    seen: `${count(comparison.records)} records${wrong === '' ? '' : `: ${wrong}`}`,
    first: comparison.first,
    log,
  };
}
