import { counted } from './numbers.ts';

/** How a moment is written in one zone; the zone is the reader's unless told. */
export function timeText(at: string, timeZone?: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return 'unknown';
  const zone = timeZone === undefined ? {} : { timeZone };
  return new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...zone,
  }).format(date);
}

/** The same moment in UTC, to the millisecond: `2026-01-31 09:30:00.000 UTC`. */
export function utcText(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return 'unknown';
  return date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

/** How long ago, in one unit: `just now`, `5 minutes ago`, `3 days ago`. */
export function agoText(at: string, now: number): string {
  const passed = Math.floor((now - Date.parse(at)) / 1000);
  if (Number.isNaN(passed)) return 'unknown';
  if (passed < 10) return 'just now';
  if (passed < 60) return `${counted(passed, 'second')} ago`;
  if (passed < 3600) return `${counted(Math.floor(passed / 60), 'minute')} ago`;
  if (passed < 86_400) return `${counted(Math.floor(passed / 3600), 'hour')} ago`;
  return `${counted(Math.floor(passed / 86_400), 'day')} ago`;
}

/** When something is due: `in 3 days`, `today`, `2 days overdue`. */
export function dueText(
  at: string,
  now: number,
): { readonly text: string; readonly isLate: boolean } {
  const days = Math.floor((Date.parse(at) - now) / 86_400_000);
  if (Number.isNaN(days)) return { text: 'unknown', isLate: false };
  if (days < 0) return { text: `${counted(-days, 'day')} overdue`, isLate: true };
  return {
    text: days === 0 ? 'due within a day' : `due in ${counted(days, 'day')}`,
    isLate: false,
  };
}
