import { SealstreamError } from '@sealstream/contracts';

const DAY_MS = 86_400_000;

/**
 * How long something holds, as access takes it.
 *
 * @throws SealstreamError USAGE for a part of a day
 */
export function wholeDays(ms: number): number {
  const days = ms / DAY_MS;
  if (Number.isInteger(days)) return days;
  throw new SealstreamError(
    'USAGE',
    { option: '--expires' },
    'Through access it is whole days, such as 30d.',
  );
}
