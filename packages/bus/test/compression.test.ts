import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Compression,
  COMPRESSIONS,
  compress,
  decompress,
  MAX_BATCH_BYTES,
} from '../src/wire/compression.ts';

const CODECS = COMPRESSIONS.filter((name) => name !== 'none');
const idOf = (name: Compression) => COMPRESSIONS.indexOf(name);

/** Bytes of every kind: noise, runs, text that repeats; up to some 300 KiB. */
const payload = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.nat(2000))
        .map(([piece, times]) => Buffer.concat(Array.from({ length: times }, () => piece))),
    ),
    { maxLength: 6 },
  )
  .map((pieces) => Buffer.concat(pieces));

/** A payload that every codec makes smaller, of several blocks of each. */
const TEXT = Buffer.concat(
  Array.from({ length: 2000 }, (_, n) => Buffer.from(`{"id":${n},"name":"${n % 97}"}`)),
);

describe.each(CODECS)('%s', (name) => {
  it('gives back what was compressed, whatever it is', () => {
    fc.assert(
      fc.property(payload, (bytes) => {
        expect(decompress(idOf(name), compress(name, bytes)).equals(bytes)).toBe(true);
      }),
    );
    expect(compress(name, TEXT).length).toBeLessThan(TEXT.length / 2);
  });

  it('never takes a cut payload for a whole one', () => {
    const whole = compress(name, TEXT);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => decompress(idOf(name), whole.subarray(0, length))).toThrow(/BATCH_UNREADABLE/);
      }),
    );
  });

  it('makes of changed bytes an error or bytes within the bound, and never ends the process', () => {
    const whole = compress(name, TEXT);
    const change = fc.record({
      at: fc.nat(whole.length - 1),
      by: fc.integer({ min: 1, max: 255 }),
    });
    let refused = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const bad = Buffer.from(whole);
        for (const { at, by } of changes) bad[at] ^= by;
        refused += outcomeOf(name, bad) === 'BATCH_UNREADABLE' ? 1 : 0;
      }),
      { numRuns: 500 },
    );
    // Snappy and lz4 have no checksum of the content: the batch's own is looked at before.
    expect(refused).toBeGreaterThan(50);
  });

  it('takes noise for what it is, also after a right beginning', () => {
    const start = compress(name, TEXT).subarray(0, 40);
    fc.assert(
      fc.property(fc.nat(40), fc.uint8Array({ maxLength: 2000 }), (kept, noise) => {
        expect(outcomeOf(name, Buffer.concat([start.subarray(0, kept), noise]))).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });
});

it('refuses a codec that no version of Kafka has', () => {
  for (const id of [0, 5, 6, 7]) {
    expect(() => decompress(id, randomBytes(50))).toThrow(/BATCH_UNREADABLE.*codec [0567]/);
  }
});

/** What came of opening: the code of the error, or 'opened'. Anything else is thrown. */
function outcomeOf(name: Compression, bytes: Buffer): string {
  try {
    const opened = decompress(idOf(name), bytes);
    expect(opened.length).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    return 'opened';
  } catch (error) {
    expect(error).toMatchObject({ name: 'SealstreamError', code: 'BATCH_UNREADABLE' });
    return 'BATCH_UNREADABLE';
  }
}
