import { randomInt } from 'node:crypto';

/** A name that somebody has, and one that nobody has. */
export const KINDS = ['known', 'unknown'] as const;
export type Kind = (typeof KINDS)[number];

/** How long each attempt took, in ms, in the order in which they were made. */
export type Times = Readonly<Record<Kind, readonly number[]>>;

const WARM_UP_PAIRS = 10;

/**
 * Times attempts in pairs, one of each kind in an order that is drawn for each pair: what makes the
 * machine slower or faster for a while meets both alike.
 *
 * @param attempt one attempt, made when the one before has ended
 */
export async function timePairs(
  pairs: number,
  attempt: (kind: Kind) => Promise<unknown>,
  onPair: (pair: number) => void = () => undefined,
): Promise<Times> {
  const times: Record<Kind, number[]> = { known: [], unknown: [] };
  for (let pair = -WARM_UP_PAIRS; pair < pairs; pair += 1) {
    const order = randomInt(2) === 0 ? KINDS : KINDS.toReversed();
    for (const kind of order) {
      const begun = performance.now();
      await attempt(kind);
      const took = performance.now() - begun;
      if (pair >= 0) times[kind].push(took);
    }
    onPair(pair);
  }
  return times;
}
