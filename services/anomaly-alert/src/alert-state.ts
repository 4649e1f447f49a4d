/** What a rule sees now: wrong, right, or in between, where nothing is to change. */
export type Signal = 'bad' | 'good' | 'hold';

/** How patient an alert is. All in milliseconds. */
export interface AlertTimes {
  /** It must be bad for so long, seen at more than one look, before it fires. */
  readonly pendingMs: number;
  /** It must be good for so long before a firing alert resolves. */
  readonly resolveMs: number;
  /** Each firing that follows a resolution within calmMs doubles resolveMs, up to this. */
  readonly resolveMaxMs: number;
  readonly calmMs: number;
}

/** Where one alert stands. Times are milliseconds of the clock that is passed to step. */
export interface AlertState {
  readonly phase: 'quiet' | 'pending' | 'firing';
  /** When pending began. */
  readonly badSinceMs: number;
  /** While firing: since when it is good again. */
  readonly goodSinceMs: number | null;
  readonly resolvedAtMs: number | null;
  /** Firings in a row that came soon after a resolution. */
  readonly flaps: number;
}

export interface AlertStep {
  readonly state: AlertState;
  /** What to tell the world, if anything. */
  readonly change: 'firing' | 'resolved' | null;
}

export const QUIET: AlertState = {
  phase: 'quiet',
  badSinceMs: 0,
  goodSinceMs: null,
  resolvedAtMs: null,
  flaps: 0,
};

/** An alert that an earlier process left firing. */
export function firingSince(sinceMs: number): AlertState {
  return { ...QUIET, phase: 'firing', badSinceMs: sinceMs };
}

/**
 * One look at one alert: pending → firing → resolved, with hysteresis.
 *
 * Promises: it fires only after it was bad at every look for pendingMs and never at the first look;
 * it resolves only after it was good at every look for the resolve time; that time doubles with
 * each firing soon after a resolution, so the number of changes per hour is bounded however the
 * signal behaves: a flapping alert stays firing. Pure; the clock must not go backwards.
 */
export function step(
  state: AlertState,
  signal: Signal,
  nowMs: number,
  times: AlertTimes,
): AlertStep {
  if (state.phase === 'firing') return stepFiring(state, signal, nowMs, times);
  if (state.phase === 'pending') return stepPending(state, signal, nowMs, times);
  if (signal !== 'bad') return { state, change: null };
  return { state: { ...state, phase: 'pending', badSinceMs: nowMs }, change: null };
}

function stepPending(
  state: AlertState,
  signal: Signal,
  nowMs: number,
  { calmMs, pendingMs }: AlertTimes,
): AlertStep {
  if (signal === 'good') return { state: { ...state, phase: 'quiet' }, change: null };
  if (signal === 'hold' || nowMs - state.badSinceMs < pendingMs) return { state, change: null };
  const isSoon = state.resolvedAtMs !== null && nowMs - state.resolvedAtMs < calmMs;
  const flaps = isSoon ? state.flaps + 1 : 0;
  return { state: { ...state, phase: 'firing', goodSinceMs: null, flaps }, change: 'firing' };
}

function stepFiring(
  state: AlertState,
  signal: Signal,
  nowMs: number,
  times: AlertTimes,
): AlertStep {
  if (signal !== 'good') return { state: { ...state, goodSinceMs: null }, change: null };
  const goodSinceMs = state.goodSinceMs ?? nowMs;
  if (nowMs - goodSinceMs < resolveTimeMs(state.flaps, times))
    return { state: { ...state, goodSinceMs }, change: null };
  return {
    state: { ...state, phase: 'quiet', goodSinceMs: null, resolvedAtMs: nowMs },
    change: 'resolved',
  };
}

/** How long it must be good, after so many flaps. */
export function resolveTimeMs(flaps: number, { resolveMaxMs, resolveMs }: AlertTimes): number {
  return Math.max(resolveMs, Math.min(resolveMs * 2 ** flaps, resolveMaxMs));
}
