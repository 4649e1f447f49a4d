import { SealstreamError } from '@sealstream/contracts';
import { DIGEST_BYTES, KeyedHash } from '@sealstream/crypto';
import { z } from 'zod';
import { type Decimal, formatDecimal, parseDecimal } from './decimal.ts';
import { type MaskAction, type MaskedField, writeAscii } from './transform.ts';

export const NoiseParameters = z
  .strictObject({
    within: z.number().positive().max(1e15).describe('The most that a number moves, up or down.'),
    per: z
      .enum(['record', 'subject'])
      .optional()
      .describe('Whether all numbers of a subject move alike: record (default) or subject.'),
  })
  .describe('Moves a number by a random amount within bounds.');

export type NoiseParameters = z.infer<typeof NoiseParameters>;

/** Longest number that is taken apart: a source coordinate and this many digits are hashed. */
const LONGEST = 1000;
const COORDINATE_BYTES = 16;
/** Digits behind those of `within` that a draw can change; the digits after them stay. */
const FINEST = 9;

const atScale = ({ digits, scale }: Decimal, wanted: number): bigint =>
  digits * 10n ** BigInt(wanted - scale);

/**
 * `noise`: moves a number by an amount that is drawn evenly from all steps of its own last digit (or
 * of `within`'s, whichever is finer) between −within and within. The draw is keyed and belongs to the
 * record (its coordinate and value) or to the subject and the field: treating a record again draws
 * the same, so that nobody averages the noise away. What is no number of up to 1,000 digits is unfit.
 */
export function noiseAction(
  { per = 'record', within }: NoiseParameters,
  { dataset, path, subject }: MaskedField,
): MaskAction {
  const hash = new KeyedHash('hash', dataset, `noise ${path}`);
  const digest = Buffer.alloc(DIGEST_BYTES);
  const drawn = Buffer.alloc(COORDINATE_BYTES + LONGEST);
  const bound = parseDecimal(String(within));
  if (bound === undefined) throw new SealstreamError('INTERNAL', { dataset, path });
  return {
    does: 'rewrite',
    output: 'number',
    rewrite: (text, from, to, out, keys) => {
      const value = parseDecimal(text.toString('latin1', from, to));
      if (value === undefined) return false;
      if (per === 'subject') {
        const whom = subject?.text;
        // Precondition: the policy lets no dataset without a subject have this.
        if (whom === undefined) throw new SealstreamError('INTERNAL', { dataset });
        hash.digestBytes(keys, whom.bytes, whom.from, whom.to, digest);
      } else {
        const { source } = keys.record ?? {};
        drawn.fill(0, 0, COORDINATE_BYTES);
        source?.bytes.copy(drawn, 0, source.from, source.to);
        text.copy(drawn, COORDINATE_BYTES, from, to);
        hash.digestBytes(keys, drawn, 0, COORDINATE_BYTES + to - from, digest);
      }
      const finest = Math.max(bound.scale, Math.min(value.scale, bound.scale + FINEST));
      const most = bound.digits * 10n ** BigInt(finest - bound.scale);
      const moved = (BigInt(`0x${digest.toString('hex')}`) % (2n * most + 1n)) - most;
      const scale = Math.max(value.scale, finest);
      const digits = atScale(value, scale) + atScale({ digits: moved, scale: finest }, scale);
      writeAscii(out, formatDecimal({ digits, scale }));
      return true;
    },
  };
}
