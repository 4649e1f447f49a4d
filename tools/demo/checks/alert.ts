import type { Verdict } from './check.ts';

/** How the flow's pause was noticed. */
export interface AlertMeasure {
  /** From the last record to the first alert that throughput stopped; undefined: none came. */
  readonly firedAfterMs: number | undefined;
  /** From the first record after the pause until all of these were resolved. */
  readonly resolvedAfterMs: number | undefined;
  readonly fired: number;
  readonly resolved: number;
  /** The first topic that it fired for. */
  readonly topic?: string | undefined;
}

/** An alert must come within so long of the last record. */
export const FIRE_WITHIN_MS = 15_000;
/** And be gone within so long of the first record after. */
export const RESOLVE_WITHIN_MS = 15_000;

const seconds = (ms: number) => (ms / 1000).toFixed(1);

export function checkAlert(measure: AlertMeasure): Verdict {
  const { firedAfterMs, resolvedAfterMs, fired, resolved } = measure;
  const inTime = firedAfterMs !== undefined && firedAfterMs <= FIRE_WITHIN_MS;
  const calm =
    resolvedAfterMs !== undefined && resolvedAfterMs <= RESOLVE_WITHIN_MS && fired === resolved;
  const firing =
    firedAfterMs === undefined ? 'not fired' : `fired after ${seconds(firedAfterMs)} s`;
  const resolving =
    resolvedAfterMs === undefined ? 'not resolved' : `resolved ${seconds(resolvedAfterMs)} s`;
  return {
    ok: inTime && calm,
    expected: `fired within ${FIRE_WITHIN_MS / 1000} s, resolved within ${RESOLVE_WITHIN_MS / 1000} s`,
    seen: firedAfterMs === undefined ? firing : `${firing}, ${resolving}`,
    first: measure.topic,
    log: 'anomaly-alert',
  };
}
