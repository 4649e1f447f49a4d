import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import {
  type AlertState,
  type AlertTimes,
  firingSince,
  QUIET,
  resolveTimeMs,
  type Signal,
  step,
} from '../src/alert-state.ts';

const TIMES: AlertTimes = {
  pendingMs: 5000,
  resolveMs: 5000,
  resolveMaxMs: 300_000,
  calmMs: 600_000,
};
const LOOK_MS = 500;

interface Change {
  readonly atMs: number;
  readonly change: 'firing' | 'resolved';
}

/** Looks every half second at what `signalAt` says; gives the changes. */
function play(
  looks: number,
  signalAt: (look: number, state: AlertState) => Signal,
  start: AlertState = QUIET,
): Change[] {
  const changes: Change[] = [];
  let state = start;
  for (let look = 0; look < looks; look++) {
    const stepped = step(state, signalAt(look, state), look * LOOK_MS, TIMES);
    state = stepped.state;
    if (stepped.change !== null) changes.push({ atMs: look * LOOK_MS, change: stepped.change });
  }
  return changes;
}

const signals = fc.array(fc.constantFrom<Signal>('bad', 'bad', 'bad', 'good', 'good', 'hold'), {
  minLength: 1,
  maxLength: 400,
});
/** Stretches of one signal, so that alerts do fire and resolve. */
const stretches = fc
  .array(
    fc.tuple(fc.constantFrom<Signal>('bad', 'good', 'hold'), fc.integer({ min: 1, max: 40 })),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((parts) => parts.flatMap(([signal, length]) => Array.from({ length }, () => signal)));

describe('an alert', () => {
  test('fires after it was bad for the pending time and resolves after as long good', () => {
    const changes = play(100, (look) => (look < 20 || look >= 60 ? 'good' : 'bad'));
    expect(changes).toEqual([
      { atMs: 10_000 + 5000, change: 'firing' },
      { atMs: 30_000 + 5000, change: 'resolved' },
    ]);
  });

  test('does not fire at a first look, however long nobody looked', () => {
    expect(step(QUIET, 'bad', 1e9, { ...TIMES, pendingMs: 0 }).change).toBeNull();
  });

  test('that an earlier process left firing resolves like any other', () => {
    expect(play(30, () => 'good', firingSince(-1e6))).toEqual([{ atMs: 5000, change: 'resolved' }]);
  });

  test('fires and resolves in turn, whatever the signal does', () => {
    fc.assert(
      fc.property(fc.oneof(signals, stretches), (sequence) => {
        const changes = play(sequence.length, (look) => sequence[look] ?? 'hold');
        changes.forEach(({ change }, index) =>
          expect(change).toBe(index % 2 === 0 ? 'firing' : 'resolved'),
        );
      }),
    );
  });

  test('never fires unless no look in the whole pending time was good', () => {
    fc.assert(
      fc.property(fc.oneof(signals, stretches), (sequence) => {
        for (const { atMs, change } of play(sequence.length, (look) => sequence[look] ?? 'hold')) {
          if (change !== 'firing') continue;
          const last = atMs / LOOK_MS;
          const seen = sequence.slice(last - TIMES.pendingMs / LOOK_MS, last + 1);
          expect(seen).not.toContain('good');
          expect([seen[0], seen.at(-1)]).toContain('bad');
          expect(seen.at(-1)).toBe('bad');
        }
      }),
    );
  });

  test('never resolves unless every look in the resolve time was good', () => {
    fc.assert(
      fc.property(fc.oneof(signals, stretches), (sequence) => {
        for (const { atMs, change } of play(sequence.length, (look) => sequence[look] ?? 'hold')) {
          if (change !== 'resolved') continue;
          const last = atMs / LOOK_MS;
          const seen = sequence.slice(last - TIMES.resolveMs / LOOK_MS, last + 1);
          expect(new Set(seen)).toEqual(new Set(['good']));
        }
      }),
    );
  });
});

describe('flapping', () => {
  const HOUR_LOOKS = (3600 * 1000) / LOOK_MS;

  test('is bounded: an alert fires at most 30 times an hour against the worst signal', () => {
    // The fastest that is possible: bad until it fires, good until it resolves.
    const fastest = play(HOUR_LOOKS, (_, { phase }) => (phase === 'firing' ? 'good' : 'bad'));
    expect(fastest.filter(({ change }) => change === 'firing').length).toBeLessThanOrEqual(30);
    // One that waits until its flaps are forgotten, then flaps again.
    let restMs = 0;
    const patient = play(HOUR_LOOKS, (look, { flaps, phase, resolvedAtMs }) => {
      if (flaps >= 5 && phase === 'quiet' && resolvedAtMs !== null)
        restMs = resolvedAtMs + TIMES.calmMs;
      return look * LOOK_MS < restMs ? 'good' : phase === 'firing' ? 'good' : 'bad';
    });
    expect(patient.filter(({ change }) => change === 'firing').length).toBeLessThanOrEqual(30);
  });

  test('is bounded for any sequence of stretches', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 500 }), (lengths) => {
        const sequence = lengths.flatMap((length, index) =>
          Array.from({ length }, (): Signal => (index % 2 === 0 ? 'bad' : 'good')),
        );
        const looks = Math.min(sequence.length, HOUR_LOOKS);
        const fired = play(looks, (look) => sequence[look] ?? 'good').filter(
          ({ change }) => change === 'firing',
        );
        expect(fired.length).toBeLessThanOrEqual(30);
      }),
      { numRuns: 20 },
    );
  });

  test('makes the time to resolve longer, up to its ceiling, and calm makes it short again', () => {
    expect([0, 1, 2, 3].map((flaps) => resolveTimeMs(flaps, TIMES))).toEqual([
      5000, 10_000, 20_000, 40_000,
    ]);
    expect(resolveTimeMs(100, TIMES)).toBe(300_000);
    expect(resolveTimeMs(0, { ...TIMES, resolveMaxMs: 1 })).toBe(5000);
    const bad = (look: number) => look < 20 || (look > 2000 && look < 2020);
    const changes = play(2100, (look) => (bad(look) ? 'bad' : 'good'));
    expect(changes.map(({ change }) => change)).toEqual([
      'firing',
      'resolved',
      'firing',
      'resolved',
    ]);
    const [, , , resolved] = changes;
    expect(resolved?.atMs).toBe(2020 * LOOK_MS + 5000);
  });
});
