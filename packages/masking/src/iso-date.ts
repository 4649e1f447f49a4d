/** A calendar date as ISO 8601 writes it, alone or before a time of day of RFC 3339. */
export interface IsoDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Characters of the date itself; the time of day stands behind them. */
  readonly length: 10;
}

const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](.+))?$/;
const ISO_TIME =
  /^(?:[01]\d|2[0-3]):[0-5]\d(?::(?:[0-5]\d|60)(?:[.,]\d{1,12})?)?(?:[Zz]|[+-][0-2]\d:?[0-5]\d)?$/;
const LONGEST_DATE = 48;

function isDate(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= days[month - 1];
}

/** The date that a text in bytes[from, to) is; undefined when it is none, or no day of the calendar. */
export function isoDate(bytes: Buffer, from: number, to: number): IsoDate | undefined {
  if (to - from > LONGEST_DATE) return undefined;
  const match = ISO_DATE.exec(bytes.toString('latin1', from, to));
  if (match === null) return undefined;
  const [, year, month, day, time] = match;
  const date = { year: Number(year), month: Number(month), day: Number(day), length: 10 } as const;
  if (!isDate(date.year, date.month, date.day)) return undefined;
  return time === undefined || ISO_TIME.test(time) ? date : undefined;
}
