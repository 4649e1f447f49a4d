import type { Day, Hours, Quota } from './access-rules.ts';

const WEEK = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const satisfies readonly Day[];
const HOUR_MS = 3_600_000;

/** Time zones by name; an offset such as +02:00 is none, since it knows no daylight-saving time. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** Names to suggest; aliases hold, too. */
export const zoneNames = (): readonly string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')];

const zoned = (atMs: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(zone);

/**
 * Whether a time lies within hours, by what a clock on the wall of their zone shows. Hours over midnight
 * belong to the day on which they begin. What the clock shows twice when summer ends is within both
 * times; what it leaves out when summer begins is never.
 */
export function withinHours({ days, fromMinute, toMinute, zone }: Hours, atMs: number): boolean {
  const { dayOfWeek, hour, minute } = zoned(atMs, zone);
  const now = hour * 60 + minute;
  const begins = (day: number) => days.includes(WEEK[(day + 7) % 7] ?? 'mon');
  const today = dayOfWeek - 1;
  if (fromMinute < toMinute) return begins(today) && now >= fromMinute && now < toMinute;
  return (begins(today) && now >= fromMinute) || (begins(today - 1) && now < toMinute);
}

/** A period of a quota, in milliseconds since 1970; the end belongs to the next one. */
export interface QuotaPeriod {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The period that a time belongs to. Days, weeks (from Monday) and months begin when they do in the
 * quota's zone, so a day in which the clock changes has 23 or 25 hours. An hour is one of UTC.
 */
export function quotaPeriod({ per, zone }: Pick<Quota, 'per' | 'zone'>, atMs: number): QuotaPeriod {
  if (per === 'hour') {
    const startMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
    return { startMs, endMs: startMs + HOUR_MS };
  }
  const today = zoned(atMs, zone).toPlainDate();
  const first = {
    day: today,
    week: today.subtract({ days: today.dayOfWeek - 1 }),
    month: today.with({ day: 1 }),
  }[per];
  const next = first.add({ day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 } }[per]);
  const beginning = (date: Temporal.PlainDate) => date.toZonedDateTime(zone).epochMilliseconds;
  return { startMs: beginning(first), endMs: beginning(next) };
}
