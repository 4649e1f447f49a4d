import { describe, expect, test } from 'vitest';
import { compareReaders } from '../faults/checks/agreement.ts';
import { checkFlow, type FlowFault } from '../faults/checks/flow.ts';
import { SendLedger } from '../faults/send-ledger.ts';
import type { RawRecord, SeenRecord } from '../faults/seen-records.ts';

const RECORDS = 6;
const numbers = Array.from({ length: RECORDS }, (_, n) => n);

const raw = (at: number, number = at): RawRecord => ({ at, number, isGenuine: true });
const seen = (at: number, offset: number, stage = ''): SeenRecord => {
  return { at, source: { partition: 0, offset }, stage, digest: `d${offset}` };
};

/** One partition, six records; ingest rejected the last one. Outputs have gaps, as markers make. */
function whole() {
  const passed = numbers.slice(0, -1);
  const ledger = new SendLedger();
  for (const first of [0, 2, 4]) {
    ledger.sent({ partition: 0, first, count: 2 });
    ledger.acked(first, BigInt(first));
  }
  const view = {
    raw: [numbers.map((n) => raw(n))],
    outputs: {
      accepted: [passed.map((n) => seen(2 * n, n))],
      rejected: [[seen(0, RECORDS - 1, 'ingest')]],
      masked: [passed.map((n) => seen(3 * n, n))],
      encrypted: [passed.map((n) => seen(4 * n, n))],
    },
  };
  return { ledger, view, progress: { ingest: [6], mask: [10], encrypt: [10] } };
}

const NOTHING = { lost: 0, doubled: 0, reordered: 0, foreign: 0, pending: 0 };
type Flow = ReturnType<typeof whole>;
const counts = ({ view, ledger, progress }: Flow) => checkFlow(view, ledger, progress).counts;

describe('a flow', () => {
  test('in which each record has one outcome in each branch has no findings', () => {
    expect(counts(whole())).toEqual(NOTHING);
  });

  const plants: readonly (readonly [string, FlowFault, (flow: Flow) => void])[] = [
    ['a record that is not in masked', 'lost', ({ view }) => view.outputs.masked[0].splice(2, 1)],
    ['a record that is not in encrypted', 'lost', ({ view }) => view.outputs.encrypted[0].shift()],
    [
      'a record that stands twice in masked',
      'doubled',
      ({ view }) => view.outputs.masked[0].push(seen(99, 1)),
    ],
    [
      'a record that stands twice in accepted',
      'doubled',
      ({ view }) => view.outputs.accepted[0].push(seen(99, 1)),
    ],
    [
      'two records of encrypted that are swapped',
      'reordered',
      ({ view }) => {
        const [first, second] = view.outputs.encrypted[0];
        view.outputs.encrypted[0].splice(0, 2, second, first);
      },
    ],
    [
      'a record without a coordinate',
      'foreign',
      ({ view }) => view.outputs.masked[0].push({ ...seen(99, 1), source: null }),
    ],
    [
      'a record of a coordinate that raw does not have',
      'foreign',
      ({ view }) => view.outputs.masked[0].push(seen(99, 77)),
    ],
    [
      'a record that was masked in another partition',
      'foreign',
      ({ view }) => {
        const record = { ...seen(99, 1), source: { partition: 1, offset: 1 } };
        view.outputs.masked[0].push(record);
      },
    ],
    [
      'a record that mask has not come to',
      'pending',
      (flow) => {
        flow.view.outputs.masked[0].pop();
        flow.progress.mask[0] = 8;
      },
    ],
    ['a raw record that nobody sent', 'foreign', ({ view }) => view.raw[0].push(raw(6, -1))],
    [
      'a raw record with other bytes than were sent',
      'foreign',
      ({ view }) => view.raw[0].splice(6, 0, { at: 6, number: 5, isGenuine: false }),
    ],
  ];
  test.each(plants)('with %s has exactly one finding: %s', (_, fault, plant) => {
    const flow = whole();
    plant(flow);
    // A raw record that nobody sent is not accepted either; only raw is looked at here.
    if (flow.view.raw[0].length > RECORDS) {
      flow.view.outputs.rejected[0].push(seen(1, 6, 'ingest'));
    }
    expect(counts(flow)).toEqual({ ...NOTHING, [fault]: 1 });
  });

  test('whose record was accepted by nobody is lost in both branches', () => {
    const flow = whole();
    flow.view.outputs.rejected[0].pop();
    expect(counts(flow)).toEqual({ ...NOTHING, lost: 2 });
    flow.progress.ingest[0] = 5;
    expect(counts(flow)).toEqual({ ...NOTHING, pending: 2 });
  });

  test('in which mask rejected a record instead of masking it has no findings', () => {
    const flow = whole();
    flow.view.outputs.masked[0].splice(2, 1);
    flow.view.outputs.rejected[0].push(seen(5, 2, 'mask'));
    expect(counts(flow)).toEqual(NOTHING);
  });

  test('says by coordinate what is wrong', () => {
    const flow = whole();
    flow.view.outputs.masked[0].splice(2, 1);
    const { places } = checkFlow(flow.view, flow.ledger, flow.progress);
    expect(places.lost).toEqual(['raw 0/2: not in masked']);
  });
});

describe('a send', () => {
  /** Raw as it is when the last send is not there: its records have no outcome either. */
  function without(settle: (ledger: SendLedger) => void) {
    const flow = whole();
    const ledger = new SendLedger();
    for (const first of [0, 2, 4]) ledger.sent({ partition: 0, first, count: 2 });
    ledger.acked(0, 0n);
    ledger.acked(2, 2n);
    settle(ledger);
    return { ...flow, ledger };
  }
  const dropLast = ({ view }: Flow) => {
    view.raw[0].splice(4);
    view.outputs.rejected[0] = [];
    for (const name of ['accepted', 'masked', 'encrypted'] as const)
      view.outputs[name][0].splice(4);
  };

  test('that was acknowledged and is not in raw is lost', () => {
    const flow = without((ledger) => ledger.acked(4, 4n));
    dropLast(flow);
    expect(counts(flow)).toEqual({ ...NOTHING, lost: 2 });
  });

  test('of which nobody knows may be there or not', () => {
    const there = without((ledger) => ledger.unknown(4));
    expect(counts(there)).toEqual(NOTHING);
    const gone = without((ledger) => ledger.sessionEnded());
    dropLast(gone);
    expect(counts(gone)).toEqual(NOTHING);
    expect(gone.ledger.counts()).toEqual({ sent: 0, acked: 4, failed: 0, unknown: 2 });
  });

  test('of which nobody knows must not be there twice', () => {
    const flow = without((ledger) => ledger.unknown(4));
    flow.view.raw[0].push(raw(6, 4));
    flow.view.outputs.rejected[0].push(seen(1, 6, 'ingest'));
    expect(counts(flow)).toEqual({ ...NOTHING, doubled: 1 });
  });

  test('that was refused and is there all the same is foreign', () => {
    const flow = without((ledger) => ledger.failed(4));
    expect(counts(flow)).toEqual({ ...NOTHING, foreign: 2 });
  });

  test('that stands before an earlier one of its session is out of order', () => {
    const flow = whole();
    flow.view.raw[0].splice(0, 2, raw(0, 1), raw(1, 0));
    expect(counts(flow)).toEqual({ ...NOTHING, reordered: 1 });
  });
});

describe('two readers', () => {
  const ours = [[0, 2, 5].map((at) => ({ at, digest: `d${at}` }))];

  test('agree when both saw the same records with the same bytes', () => {
    expect(compareReaders('t', ours, structuredClone(ours)).count).toBe(0);
  });

  test.each([
    ['one record less', [0, 2], 1],
    ['one record more', [0, 2, 5, 6], 1],
    ['a record twice', [0, 2, 2, 5], 1],
    ['nothing at all', [], 3],
  ])('disagree when the other saw %s', (_, offsets, count) => {
    const theirs = [offsets.map((at) => ({ at, digest: `d${at}` }))];
    const found = compareReaders('t', ours, theirs);
    expect(found.count).toBe(count);
    expect(found.first).toMatch(/^t 0/);
  });

  test('disagree about other bytes', () => {
    const theirs = [ours[0].map(({ at }) => ({ at, digest: at === 2 ? 'other' : `d${at}` }))];
    expect(compareReaders('t', ours, theirs)).toEqual({ count: 1, first: 't 0/2: other bytes' });
  });

  test('one of which ended early are compared by what that one saw', () => {
    expect(compareReaders('t', ours, [ours[0].slice(0, 1)], false).count).toBe(0);
    expect(compareReaders('t', ours, [[{ at: 1, digest: 'd1' }]], false).count).toBe(1);
    expect(compareReaders('t', ours, [[{ at: 0, digest: 'other' }]], false).count).toBe(1);
  });
});
