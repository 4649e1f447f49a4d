import { SealstreamError } from '@sealstream/contracts';
import { DIGEST_BYTES, KeyedHash } from '@sealstream/crypto';
import { z } from 'zod';
import { isoDate } from './iso-date.ts';
import { type MaskAction, type MaskedField, writeAscii } from './transform.ts';

export const DateShiftParameters = z
  .strictObject({
    days: z
      .int()
      .min(1)
      .max(36_500)
      .describe('Most days that a date moves, back or forth; by at least one.'),
  })
  .describe('Moves every date of a subject by the same number of days.');

export type DateShiftParameters = z.infer<typeof DateShiftParameters>;

/** No path: all date fields of a dataset move alike, so that what lies between them stays. */
const ALL_FIELDS = 'date-shift';
const DAY_MS = 86_400_000;

/**
 * `dateShift`: moves an ISO date by a number of days that is the same for all dates of a subject and
 * never zero; a time of day behind it stays. So intervals stay. What is no date, or leaves the years
 * 0001 to 9999, is unfit.
 */
export function dateShiftAction(
  { days }: DateShiftParameters,
  { dataset, subject }: MaskedField,
): MaskAction {
  const hash = new KeyedHash('hash', dataset, ALL_FIELDS);
  const digest = Buffer.alloc(DIGEST_BYTES);
  const range = BigInt(days) * 2n;
  return {
    does: 'rewrite',
    output: 'text',
    rewrite: (text, from, to, out, keys) => {
      const whom = subject?.text;
      // Precondition: the policy lets no dataset without a subject have this.
      if (whom === undefined) throw new SealstreamError('INTERNAL', { dataset });
      const date = isoDate(text, from, to);
      if (date === undefined) return false;
      hash.digestBytes(keys, whom.bytes, whom.from, whom.to, digest);
      const drawn = Number(digest.readBigUInt64BE(0) % range);
      const shift = drawn < days ? drawn - days : drawn - days + 1;
      const moved = new Date(0);
      moved.setUTCFullYear(date.year, date.month - 1, date.day);
      moved.setTime(moved.getTime() + shift * DAY_MS);
      const year = moved.getUTCFullYear();
      if (!(year >= 1 && year <= 9999)) return false;
      writeAscii(out, moved.toISOString().slice(0, date.length));
      out.copy(text, from + date.length, to);
      return true;
    },
  };
}
