import type { Opened } from './api/answers.ts';

/** How long revealed values stay on the screen. */
export const SHOWN_MS = 60_000;

/** What was revealed, and until when it may be seen. */
export interface Revealed {
  readonly values: readonly Opened[];
  /** By the reader's clock, in ms. */
  readonly until: number;
}

export function revealedAt(values: readonly Opened[], now: number): Revealed {
  return { values, until: now + SHOWN_MS };
}

/**
 * The values while they may be seen, undefined after: by the clock and not by a timer that ran out,
 * so that a machine that slept shows nothing when it wakes.
 */
export function stillShown(revealed: Revealed | undefined, now: number): Revealed | undefined {
  if (revealed === undefined || now >= revealed.until) return undefined;
  // A clock that was set back must not make the time longer.
  return revealed.until - now > SHOWN_MS ? undefined : revealed;
}

/** Whole seconds left, never below 0. */
export const secondsLeft = ({ until }: Revealed, now: number): number =>
  Math.max(0, Math.ceil((until - now) / 1000));
