const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** 12345 as `12,345`. */
export const count = (value: number): string => WHOLE.format(value);

/** `1 record`, `2 records`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** Records a second: a tenth where it matters, whole beyond a hundred. */
export const rate = (value: number): string => `${(value < 100 ? TENTHS : WHOLE).format(value)} /s`;

/** A span given in seconds, in the unit that reads best; `unknown` for null. */
export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return 'unknown';
  if (value < 1) return `${count(value * 1000)} ms`;
  if (value < 60) return `${TENTHS.format(value)} s`;
  if (value < 3600)
    return `${count(Math.floor(value / 60))} min ${count(Math.floor(value % 60))} s`;
  if (value < 86_400)
    return `${count(Math.floor(value / 3600))} h ${count(Math.floor((value % 3600) / 60))} min`;
  return `${count(Math.floor(value / 86_400))} d`;
}

/** A span given in milliseconds. */
export const milliseconds = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'unknown' : seconds(value / 1000);
