import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  entryText,
  FIRST_LINK,
  linkAfter,
  parseEntry,
  type ShredEntry,
} from '../src/shred-chain.ts';
import { ChainedShreds } from '../src/shred-list.ts';
import { firstRegister } from '../src/subject-register.ts';
import { codeOf } from './keyring-fixture.ts';

const first = firstRegister('people', { id: 'epoch0000001', created: new Date().toISOString() });

const TIME = '2026-01-02T03:04:05.678Z';

function entry(index: Buffer, action: ShredEntry['action'] = 'shred', time = TIME): string {
  return entryText({
    action,
    index: index.toString('base64url'),
    keyId: action === 'shred' ? 'key000000001' : undefined,
    time,
    receiptDigest: randomBytes(32).toString('hex'),
  });
}
const registerOf = (entries: readonly string[]) => ({
  ...first,
  shreds: entries.length,
  shredChain: entries.reduce((link, text) => linkAfter(link, text), FIRST_LINK),
});

describe('list of shreds', () => {
  test('knows exactly those who were shredded, at any place in longer bytes', () => {
    const indexes = Array.from({ length: 500 }, () => randomBytes(16));
    const entries = indexes.map((index) => entry(index));
    const shreds = new ChainedShreds('people');
    expect(shreds.follow(registerOf(entries), entries)).toEqual(indexes);
    for (const index of indexes) {
      expect(shreds.has(index, 0)).toBe(true);
      expect(shreds.has(Buffer.concat([Buffer.alloc(3), index]), 3)).toBe(true);
    }
    expect(shreds.has(randomBytes(16), 0)).toBe(false);
  });

  test('follows in parts, and lets go of who may live again', () => {
    const [one, other] = [randomBytes(16), randomBytes(16)];
    const entries = [
      entry(one),
      entry(other),
      entry(one, 're-enrol'),
      entry(one),
      entry(other, 're-enrol'),
    ];
    const shreds = new ChainedShreds('people');
    const states = entries.map((text, at) => {
      shreds.follow(registerOf(entries.slice(0, at + 1)), [text]);
      return [shreds.has(one, 0), shreds.has(other, 0)];
    });
    expect(states).toEqual([
      [true, false],
      [true, true],
      [false, true],
      [true, true],
      [true, false],
    ]);
    expect([shreds.count, shreds.size]).toEqual([5, 1]);
  });

  test('holds every key for destroyed that is older than the last shred or the life after it', () => {
    const [one, other] = [randomBytes(16), randomBytes(16)];
    const [early, late] = ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:09.000Z'];
    const entries = [
      entry(one, 'shred', early),
      entry(other, 'shred', late),
      entry(one, 're-enrol', late),
      // The clock of another operator.
      entry(other, 're-enrol', early),
      entry(other, 'shred', early),
      entry(other, 're-enrol', early),
    ];
    const shreds = new ChainedShreds('people');
    shreds.follow(registerOf(entries), entries);
    for (const index of [one, other].map((bytes) => bytes.toString('base64url')))
      for (const [created, isDestroyed] of [
        [Date.parse(early) + 1, true],
        [Date.parse(late), true],
        [Date.parse(late) + 1, false],
      ] as const)
        expect(shreds.hasDestroyed(index, { created, keyId: 'key000000002' })).toBe(isDestroyed);
    const stranger = randomBytes(16).toString('base64url');
    expect(shreds.hasDestroyed(stranger, { created: 1, keyId: 'key000000002' })).toBe(false);
    expect(shreds.hasDestroyed(stranger, { created: 1, keyId: 'key000000001' })).toBe(true);
  });

  test.each([
    ['one less', (entries: string[]) => entries.slice(1)],
    ['the last one missing', (entries: string[]) => entries.slice(0, -1)],
    ['one more', (entries: string[]) => [...entries, entry(randomBytes(16))]],
    ['two changed places', ([a, b, ...rest]: string[]) => [b, a, ...rest]],
    ['one changed', ([, ...rest]: string[]) => [entry(randomBytes(16)), ...rest]],
  ])('with %s is refused and changes nothing', async (_what, wrong) => {
    const indexes = [randomBytes(16), randomBytes(16), randomBytes(16)];
    const entries = indexes.map((index) => entry(index));
    const shreds = new ChainedShreds('people');
    expect(await codeOf(() => shreds.follow(registerOf(entries), wrong(entries)))).toBe(
      'KEYSET_ROLLED_BACK',
    );
    expect([shreds.count, shreds.size, shreds.has(indexes[1], 0)]).toEqual([0, 0, false]);
  });

  test('an entry reads back as it was written, and nothing else reads', async () => {
    const text = entry(randomBytes(16));
    expect(entryText(parseEntry(text))).toBe(text);
    for (const bad of [text.slice(1), `${text} `, text.replace('shred', 'shrod'), ''])
      expect(await codeOf(() => parseEntry(bad))).toBe('KEYSET_UNREADABLE');
  });
});
