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

  constructor(code: ErrorCode, place: ErrorPlace = {}, hint?: string) {
    const where = Object.entries(place)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
    const { cause, mend } = ERRORS[code];
    super(`${code}: ${cause}${where === '' ? '' : ` (${where})`} ${hint ?? mend}`);
    this.name = 'SealstreamError';
    this.code = code;
    this.place = place;
  }

  /** Whether trying the same thing again later may help. */
  get retryable(): boolean {
    return ERRORS[this.code].class === 'retryable';
  }
}
