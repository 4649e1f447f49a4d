import { type ErrorCode, ERRORS } from './errors.ts';

/** Where something went wrong, without any value: names, paths, line numbers, offsets. */
export type ErrorPlace = Readonly<Record<string, string | number | bigint | undefined>>;

/**
 * The one error type that crosses package borders.
 *
 * Its message is built from the table and the place, so it never quotes what a record held; the
 * original error is deliberately not kept as `cause`, since JSON.parse and others quote their input.
 */
export class SealstreamError extends Error {
  readonly code: ErrorCode;
  readonly place: ErrorPlace;
  /** What to do about it, for this very case where more is known than for its code. */
  readonly mend: string;

  constructor(code: ErrorCode, place: ErrorPlace = {}, hint?: string) {
    const where = Object.entries(place)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
    const { cause } = ERRORS[code];
    const mend = hint ?? ERRORS[code].mend;
    super(`${code}: ${cause}${where === '' ? '' : ` (${where})`} ${mend}`);
    this.name = 'SealstreamError';
    this.code = code;
    this.place = place;
    this.mend = mend;
  }

  /** Whether trying the same thing again later may help. */
  get retryable(): boolean {
    return ERRORS[this.code].class === 'retryable';
  }
}
