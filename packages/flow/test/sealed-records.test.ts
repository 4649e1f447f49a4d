import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryKeys } from '../../crypto/test/memory-keys.ts';
import { AcceptedCodec } from '../src/accepted.ts';
import { decodeEnvelope, encodeEnvelope } from '../src/envelope.ts';
import { withoutReserved } from '../src/reserved-headers.ts';
import { RejectedCodec } from '../src/rejected.ts';
import { coordinateText, decodeSourceMark, encodeSourceMark } from '../src/source-mark.ts';

const keys = new MemoryKeys({ AAAAAAAAAAAA: randomBytes(32) });
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const nullable = fc.option(bytes, { nil: null });
const envelope = fc.record({
  key: nullable,
  value: nullable,
  headers: fc.array(fc.tuple(fc.string({ unit: 'binary' }), nullable), { maxLength: 4 }),
  timestamp: fc.bigInt({ min: 0n, max: 1n << 50n }),
  subject: fc.option(
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
  ),
});
const mark = fc
  .record({
    policyId: fc.uint8Array({ minLength: 8, maxLength: 8 }).map((array) => Buffer.from(array)),
    incarnation: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((array) => Buffer.from(array)),
    partition: fc.nat(),
    offset: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
    attempt: fc.nat(255),
    branch: fc.constantFrom('both' as const, 'mask' as const, 'encrypt' as const),
  })
  .map((made) => (made.attempt === 0 ? { ...made, branch: 'both' as const } : made));

describe('a source mark', () => {
  it('comes back as it was, in 25 bytes and in 27 on a replay', () => {
    fc.assert(
      fc.property(mark, (made) => {
        const encoded = encodeSourceMark(made);
        expect(encoded.length).toBe(made.attempt === 0 ? 25 : 27);
        expect(decodeSourceMark(encoded)).toEqual(made);
      }),
    );
  });

  it('of another length, version or branch is refused', () => {
    const good = encodeSourceMark({
      policyId: Buffer.alloc(8),
      incarnation: Buffer.alloc(4),
      partition: 1,
      offset: 2n,
      attempt: 1,
      branch: 'mask',
    });
    expect(coordinateText(decodeSourceMark(good))).toBe('00000000/1/2');
    const versions = Buffer.from(good);
    versions[0] = 2;
    const branches = Buffer.from(good);
    branches[26] = 9;
    for (const bad of [null, good.subarray(1), good.subarray(0, 26), versions, branches]) {
      expect(() => decodeSourceMark(bad)).toThrow(/RECORD_NOT_AUTHENTIC/);
    }
  });
});

describe('an envelope', () => {
  it('keeps key, value, headers in order with repeats and nulls, and time', () => {
    fc.assert(
      fc.property(envelope, (made) => {
        expect(decodeEnvelope(encodeEnvelope(made))).toEqual(made);
      }),
    );
  });

  it('that was cut anywhere before its value is refused', () => {
    const whole = encodeEnvelope({
      key: Buffer.from('key'),
      value: null,
      headers: [['name', Buffer.from('value')]],
      timestamp: 1n,
      subject: Buffer.alloc(16),
    });
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => decodeEnvelope(whole.subarray(0, length))).toThrow(/RECORD_NOT_AUTHENTIC/);
    }
  });
});

describe('an accepted record', () => {
  const codec = new AcceptedCodec('people');
  it('opens with its mark and key, and with nothing else', () => {
    fc.assert(
      fc.property(mark, mark, envelope, nullable, (one, other, made, key) => {
        const encoded = encodeSourceMark(one);
        const sealed = codec.seal(keys, encoded, key, made);
        expect(codec.open(keys, sealed)).toEqual({ mark: one, encoded, envelope: made });
        const moved = encodeSourceMark(other);
        if (!moved.equals(encoded)) {
          const swapped = { ...sealed, headers: [['sealstream', moved]] as const };
          expect(() => codec.open(keys, swapped)).toThrow(/RECORD_NOT_AUTHENTIC/);
        }
        const rekeyed = {
          ...sealed,
          key: Buffer.concat([key ?? Buffer.alloc(0), Buffer.from('x')]),
        };
        expect(() => codec.open(keys, rekeyed)).toThrow(/RECORD_NOT_AUTHENTIC/);
        expect(() => new AcceptedCodec('others').open(keys, sealed)).toThrow(
          /RECORD_NOT_AUTHENTIC/,
        );
      }),
    );
  });
});

describe('a rejected record', () => {
  const codec = new RejectedCodec('people');
  const reason = { stage: 'ingest', code: 'RECORD_INVALID_JSON', byte: 3, topic: 'raw' } as const;

  it('opens with its note, and not when the note says something else', () => {
    fc.assert(
      fc.property(mark, envelope, nullable, (made, original, key) => {
        const sealed = codec.seal(keys, encodeSourceMark(made), key, original, reason);
        const opened = codec.open(keys, sealed);
        expect(opened.envelope).toEqual(original);
        expect(opened.note.code).toBe('RECORD_INVALID_JSON');
        const note = sealed.headers[1][1]?.toString().replace('INVALID_JSON', 'WRONG_TYPE') ?? '';
        const changed = [sealed.headers[0], ['sealstream-reject', Buffer.from(note)] as const];
        expect(() => codec.open(keys, { ...sealed, headers: changed })).toThrow(
          /RECORD_NOT_AUTHENTIC/,
        );
      }),
    );
  });
});

describe('headers', () => {
  it('of ours from a producer are dropped and counted', () => {
    const headers = [
      ['a', null],
      ['sealstream', Buffer.from('forged')],
      ['sealstream-reject', null],
    ] as const;
    expect(withoutReserved(headers)).toEqual({ kept: [['a', null]], dropped: 2 });
  });
});
