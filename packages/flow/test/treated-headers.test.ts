import type { RecordHeaders } from '@sealstream/contracts';
import { encryptPlan, maskPlan } from '@sealstream/policy';
import { describe, expect, it } from 'vitest';
import { AcceptedCodec } from '../src/accepted.ts';
import { acceptedStage } from '../src/accepted-stage.ts';
import { EncryptedOpener } from '../src/encrypted-opener.ts';
import { RejectedCodec } from '../src/rejected.ts';
import { type RewrapCounts, rewrapped } from '../src/rewrapped.ts';
import { encodeSourceMark } from '../src/source-mark.ts';
import { batchOf, everyByte, newKeys, outputOf, people, resultOf } from './flow-batch.ts';

const keys = newKeys();
const HEADERS = `headers:
      x-ssn: { mask: { partial: { hideLast: 4 } }, encrypt: seal, survivesShred: true }
      x-own: { class: uuid, mask: hash, encrypt: seal }
      x-kept: keep`;
const dataset = people((text) => text.replace(/headers: .*/, HEADERS));
const { encrypted, masked, rejected } = dataset.topics;
const good = '{"first_name":"A","last_name":"B","ssn":"123-45-6789","email":"a@b.example"}';
const codec = new AcceptedCodec('people');

function accepted(headers: RecordHeaders, value: string | null = good) {
  const mark = encodeSourceMark({
    policyId: dataset.policyId,
    incarnation: Buffer.from('01020304', 'hex'),
    partition: 3,
    offset: 77n,
    attempt: 0,
    branch: 'both',
  });
  return codec.seal(keys, mark, Buffer.from('hash-of-key'), {
    key: Buffer.from('plain-key'),
    value: value === null ? null : Buffer.from(value),
    headers,
    timestamp: 1234n,
    subject: value === null ? null : Buffer.alloc(16, 7),
  });
}

const treated = (stage: 'mask' | 'encrypt', records: Parameters<typeof batchOf>[0]) => {
  const plan = stage === 'mask' ? maskPlan(dataset) : encryptPlan(dataset);
  const topic = stage === 'mask' ? masked : encrypted;
  return resultOf(acceptedStage({ stage, dataset, plan, topic }, keys), batchOf(records));
};

const shown = (headers: RecordHeaders) =>
  headers.flatMap(([name, value]) => (name === 'sealstream' ? [] : [[name, String(value)]]));

const given: RecordHeaders = [
  ['x-ssn', Buffer.from('987-65-4321')],
  ['x-own', Buffer.from('canary-of-the-header')],
  ['other', Buffer.from('stays behind')],
  ['x-kept', Buffer.from('kept')],
];

describe('headers of an accepted record', () => {
  it('stand masked behind the mark, in their order, and are counted', () => {
    const result = treated('mask', [accepted(given)]);
    const [record] = outputOf(result, masked);
    expect(record.headers[0]?.[0]).toBe('sealstream');
    expect(shown(record.headers)).toEqual([
      ['x-ssn', '987-65-XXXX'],
      ['x-own', expect.stringMatching(/^[\w-]{22}$/)],
      ['x-kept', 'kept'],
    ]);
    expect(result.event.treated).toMatchObject({
      '#header/x-ssn partial': 1,
      '#header/x-own hash': 1,
    });
    expect(everyByte(result).includes('canary-of-the-header')).toBe(false);
  });

  it('stand sealed on encrypted, and open to what they were', async () => {
    const result = treated('encrypt', [accepted(given)]);
    const [record] = outputOf(result, encrypted);
    expect(everyByte(result).includes('canary-of-the-header')).toBe(false);
    expect(everyByte(result).includes('987-65-4321')).toBe(false);
    const [opened] = await new EncryptedOpener(dataset, keys).openAll([record]);
    if (!opened.ok) throw new Error('it does not open');
    expect(opened.value?.toString()).toBe(good);
    expect(shown(opened.headers ?? [])).toEqual([
      ['x-ssn', '987-65-4321'],
      ['x-own', 'canary-of-the-header'],
      ['x-kept', 'kept'],
    ]);
  });

  it('that do not fit reject their record, sealed, with the path, and count nothing', () => {
    for (const stage of ['mask', 'encrypt'] as const) {
      const result = treated(stage, [accepted([['x-own', Buffer.from([0xff])]])]);
      expect(outputOf(result, stage === 'mask' ? masked : encrypted)).toEqual([]);
      const [sealed] = outputOf(result, rejected);
      const { envelope, note } = new RejectedCodec('people').open(keys, sealed);
      expect(note).toMatchObject({ stage, code: 'RECORD_VALUE_UNFIT', path: '#header/x-own' });
      expect(envelope.headers).toEqual([['x-own', Buffer.from([0xff])]]);
      expect(result.event.treated).toEqual({});
    }
  });

  it('are counted only when the value passes, too', () => {
    const result = treated('mask', [accepted(given, '{"first_name":"A"}')]);
    expect(result.event.rejected).toEqual({ RECORD_MISSING_FIELD: 1 });
    expect(result.event.treated).toEqual({});
  });

  it('of a tombstone are treated as well; what goes with a subject is left out', async () => {
    const result = treated('encrypt', [accepted(given, null)]);
    const [record] = outputOf(result, encrypted);
    expect(record.value).toBeNull();
    const [opened] = await new EncryptedOpener(dataset, keys).openAll([record]);
    expect(opened).toMatchObject({ ok: true, value: null });
    expect(shown(opened.ok ? (opened.headers ?? []) : [])).toEqual([
      ['x-ssn', '987-65-4321'],
      ['x-kept', 'kept'],
    ]);
    const [onMasked] = outputOf(treated('mask', [accepted(given, null)]), masked);
    expect(shown(onMasked.headers).map(([name]) => name)).toEqual(['x-ssn', 'x-own', 'x-kept']);
  });

  it('are sealed anew by a rewrap, also those of a tombstone, and open as before', async () => {
    const records = outputOf(
      treated('encrypt', [accepted(given), accepted(given, null)]),
      encrypted,
    );
    let counts: RewrapCounts | undefined;
    const onCounted = (_: unknown, counted: RewrapCounts) => {
      counts = counted;
    };
    const transform = rewrapped({ dataset, role: 'encrypted', target: 'copy', onCounted }, keys);
    const copies = outputOf(resultOf(transform, batchOf(records)), 'copy');
    expect(counts).toEqual({ rewrapped: 2, asTheyStand: 0 });
    for (const [at, copy] of copies.entries()) {
      const before = records[at]?.headers.find(([name]) => name === 'x-ssn')?.[1];
      const after = copy.headers.find(([name]) => name === 'x-ssn')?.[1];
      expect(after).not.toEqual(before);
    }
    const opener = new EncryptedOpener(dataset, keys);
    const headersOf = async (all: typeof records) =>
      (await opener.openAll(all)).map((one) => (one.ok ? shown(one.headers ?? []) : one.code));
    expect(await headersOf(copies)).toEqual(await headersOf(records));
  });
});

describe('the key of an accepted record', () => {
  const keyed = people((text) =>
    text.replace(
      /key: .*/,
      'key: { mask: { partial: { keepLast: 3 } }, encrypt: { seal: { deterministic: true } }, survivesShred: true }',
    ),
  );
  const result = (stage: 'mask' | 'encrypt', records: Parameters<typeof batchOf>[0]) => {
    const plan = stage === 'mask' ? maskPlan(keyed) : encryptPlan(keyed);
    const topic = stage === 'mask' ? masked : encrypted;
    return resultOf(acceptedStage({ stage, dataset: keyed, plan, topic }, keys), batchOf(records));
  };

  it('stands masked on masked, also with a tombstone, and is counted', () => {
    const made = result('mask', [accepted([]), accepted([], null)]);
    expect(outputOf(made, masked).map(({ key }) => String(key))).toEqual([
      'XXXXX-key',
      'XXXXX-key',
    ]);
    expect(made.event.treated['#key partial']).toBe(2);
  });

  it('stands sealed on encrypted, the same for equal keys, and opens, also after a rewrap', async () => {
    const records = outputOf(result('encrypt', [accepted([]), accepted([], null)]), encrypted);
    expect(String(records[0]?.key)).toMatch(/^ss1:/);
    expect(records[1]?.key).toEqual(records[0]?.key);
    const onCounted = () => undefined;
    const transform = rewrapped(
      { dataset: keyed, role: 'encrypted', target: 'copy', onCounted },
      keys,
    );
    const copies = outputOf(resultOf(transform, batchOf(records)), 'copy');
    const opener = new EncryptedOpener(keyed, keys);
    for (const opened of [...(await opener.openAll(records)), ...(await opener.openAll(copies))])
      expect(opened.ok && String(opened.key)).toBe('plain-key');
    const [forged] = await opener.openAll([{ ...records[0], key: Buffer.from('plain-key') }]);
    expect(forged).toMatchObject({ ok: false, code: 'RECORD_NOT_AUTHENTIC', path: '#key' });
  });
});
