import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { datasetOf, parsePolicy } from '@sealstream/policy';
import { afterAll, describe, expect, test } from 'vitest';
import { checkAlert } from '../demo/checks/alert.ts';
import { type RangeEvent, rangeFault } from '../demo/checks/audit.ts';
import { OpenedCheck } from '../demo/checks/opened.ts';
import { checkPlaintext, segmentPlaces } from '../demo/checks/plaintext.ts';
import { personAt, personRecord } from '../demo/people.ts';
import { RawLedger } from '../demo/raw-ledger.ts';
import { SearchedValues } from '../demo/searched-values.ts';
import { ROOT } from '../stack/paths.ts';

describe('the check of ranges', () => {
  const event = (from: number, to: number, recordsIn: number, partition = 0): RangeEvent => ({
    stage: 'ingest',
    topic: 'raw.people',
    partition,
    range: { from: String(from), to: String(to) },
    recordsIn,
  });
  const wanted = { stage: 'ingest', topic: 'raw.people', records: 12, ends: [12n, 0n] };

  test('passes when ranges join from 0 to the last record', () => {
    expect(rangeFault([event(0, 5, 5), event(5, 13, 7)], wanted)).toBeUndefined();
  });

  test.each([
    ['a gap', [event(0, 5, 5), event(6, 13, 7)], '5 was next, 6 came'],
    ['a repeat', [event(0, 5, 5), event(0, 12, 12)], '5 was next, 0 came'],
    ['a missing beginning', [event(1, 12, 12)], '0 was next'],
    ['a missing end', [event(0, 11, 12)], 'ends at 11'],
    ['another count', [event(0, 12, 11)], '11 records accounted for'],
    ['another stage', [{ ...event(0, 12, 12), stage: 'mask' }], 'ends at 0'],
  ])('fails on %s', (_, events, seen) => {
    expect(rangeFault(events, wanted)).toContain(seen);
  });
});

describe('the check of the alert', () => {
  const good = { firedAfterMs: 10_400, resolvedAfterMs: 5200, fired: 3, resolved: 3 };

  test('passes when it fired and was resolved in time', () => {
    const verdict = checkAlert(good);
    expect(verdict).toMatchObject({ ok: true, seen: 'fired after 10.4 s, resolved 5.2 s' });
  });

  test.each([
    { firedAfterMs: undefined, resolvedAfterMs: undefined, fired: 0, resolved: 0 },
    { ...good, firedAfterMs: 15_100 },
    { ...good, resolvedAfterMs: undefined },
    { ...good, resolvedAfterMs: 15_100 },
    { ...good, resolved: 2 },
  ])('fails on %o', (measure) => {
    expect(checkAlert(measure).ok).toBe(false);
  });
});

describe('the check of what was opened', () => {
  const ledger = new RawLedger('a1b2c3d4', 1);
  const value = Buffer.from('{"amount":1250.50}');
  ledger.add(0, { offset: 3n, timestamp: 1n, key: null, value, headers: [] });
  const outcome = (offset: bigint) => ({
    partition: 0,
    at: 7n,
    source: { incarnation: 'a1b2c3d4', partition: 0, offset },
  });

  test('passes on the same bytes', () => {
    const check = new OpenedCheck(ledger);
    check.add(outcome(3n), { ok: true, value: Buffer.from(value) });
    expect(check.verdict().ok).toBe(true);
  });

  test('fails on one other byte, on what does not open, and when nothing was opened', () => {
    for (const opened of [
      { ok: true, value: Buffer.from('{"amount":1250.5}') },
      { ok: false, code: 'RECORD_NOT_AUTHENTIC' },
    ] as const) {
      const check = new OpenedCheck(ledger);
      check.add(outcome(3n), opened);
      expect(check.verdict()).toMatchObject({ ok: false, first: 'a1b2c3d4/0/3' });
    }
    expect(new OpenedCheck(ledger).verdict().ok).toBe(false);
  });
});

describe('the check of plaintext', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sealstream-plaintext-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const file = join(ROOT, 'examples', 'people', 'sealstream.yaml');
  const dataset = datasetOf(parsePolicy(readFileSync(file, 'utf8'), file), 'people');
  const record = personRecord('seed', 1);
  const person = personAt('seed', 1);

  /** A broker's folder in which raw holds the record, and what else is given. */
  function check(name: string, texts: Readonly<Record<string, string | Buffer>>) {
    const values = new SearchedValues(dataset);
    values.add(record);
    const data = join(directory, name);
    const wholes = { 'raw.people-0': record.value, ...texts };
    for (const [topic, text] of Object.entries(wholes)) {
      mkdirSync(join(data, topic), { recursive: true });
      writeFileSync(join(data, topic, 'segment.txt'), text);
    }
    return checkPlaintext(values, segmentPlaces(data, dataset.topics, values));
  }

  test('passes when a value stands in raw only', async () => {
    const verdict = await check('clean', { 'accepted.people-0': 'sealed', __consumer: '' });
    expect(verdict).toMatchObject({ ok: true, found: 0 });
    expect(verdict.foundInRaw).toBe(verdict.values);
    expect(verdict.values).toBeGreaterThan(6);
  });

  test('fails on a protected value in any other topic, and says where', async () => {
    const verdict = await check('leak', { 'masked.people-2': `[${person.ssn}]` });
    expect(verdict).toMatchObject({ ok: false, found: 1 });
    expect(verdict.first).toContain('masked.people-2');
    expect(verdict.first).not.toContain(person.ssn);
  });

  test('lets an e-mail stand in masked, which keeps it, and in no other topic', async () => {
    expect((await check('kept', { 'masked.people-0': person.email })).ok).toBe(true);
    expect((await check('sealed', { 'encrypted.people-0': person.email })).ok).toBe(false);
    expect((await check('offsets', { '__consumer_offsets-3': person.email })).ok).toBe(false);
  });

  test('fails when the control does not find a value in raw', async () => {
    const verdict = await check('control', { 'raw.people-0': record.value.subarray(60) });
    expect(verdict).toMatchObject({ ok: false, found: 0 });
  });
});
