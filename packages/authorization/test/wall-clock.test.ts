import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AccessText, decide, readAccess } from '../src/index.ts';

type Rule = AccessText['roles'][string]['allow'][number];

function allowedAt(rule: Partial<Rule>, at: string) {
  const rules = readAccess({
    roles: { r: { meaning: 'for a test', allow: [{ actions: ['audit.read'], ...rule }] } },
  });
  return decide(rules, { roles: ['r'], action: 'audit.read', atMs: Date.parse(at), values: 1 });
}

const EVERY_DAY: NonNullable<Rule['hours']>['days'] = [
  'mon',
  'tue',
  'wed',
  'thu',
  'fri',
  'sat',
  'sun',
];

describe('hours', () => {
  const office = { from: '08:00', to: '18:00', zone: 'Europe/Berlin' };
  const night = { from: '22:00', to: '06:00', zone: 'Europe/Berlin' };

  test.each([
    ['from the first minute', office, ['mon'], '2026-06-01T06:00:00Z', true],
    ['not a moment before', office, ['mon'], '2026-06-01T05:59:59.999Z', false],
    ['to the end and no further', office, ['mon'], '2026-06-01T16:00:00Z', false],
    ['not on another day', office, ['mon'], '2026-06-02T08:00:00Z', false],
    ['later by an hour of UTC in winter', office, ['mon'], '2026-01-05T06:30:00Z', false],
    ['later by an hour of UTC in winter', office, ['mon'], '2026-01-05T07:00:00Z', true],
    ['over midnight in the evening', night, ['fri'], '2026-06-05T20:00:00Z', true],
    ['over midnight into a day that is not named', night, ['fri'], '2026-06-06T03:59:59Z', true],
    ['over midnight, and end there', night, ['fri'], '2026-06-06T04:00:00Z', false],
    [
      'not in the night before the day that is named',
      night,
      ['fri'],
      '2026-06-05T01:00:00Z',
      false,
    ],
    ['from sunday into monday', night, ['sun'], '2026-06-07T23:30:00Z', true],
    ['not from monday into sunday', night, ['mon'], '2026-06-07T23:30:00Z', false],
    [
      'for a whole day',
      { ...office, from: '00:00', to: '24:00' },
      ['mon'],
      '2026-06-01T21:59:59Z',
      true,
    ],
    [
      'by the day of the zone',
      { ...office, from: '00:00', to: '24:00' },
      ['mon'],
      '2026-06-01T22:00:00Z',
      false,
    ],
  ] as const)('count %s', (_, hours, days, at, allowed) => {
    expect(allowedAt({ hours: { ...hours, days: [...days] } }, at).allowed).toBe(allowed);
  });

  test.each([
    // In Berlin the clock goes from 02:00 to 03:00 on 29 March 2026, at 01:00 UTC.
    ['02:15', '02:45', '2026-03-29T00:30:00Z', false],
    ['02:15', '02:45', '2026-03-29T01:30:00Z', false],
    ['02:30', '03:30', '2026-03-29T01:15:00Z', true],
    // And from 03:00 back to 02:00 on 25 October 2026, at 01:00 UTC.
    ['02:15', '02:45', '2026-10-25T00:30:00Z', true],
    ['02:15', '02:45', '2026-10-25T01:30:00Z', true],
    ['02:15', '02:45', '2026-10-25T02:30:00Z', false],
  ])('go by the clock on the wall when it changes: %s to %s at %s', (from, to, at, allowed) => {
    const hours = { days: EVERY_DAY, from, to, zone: 'Europe/Berlin' };
    expect(allowedAt({ hours }, at).allowed).toBe(allowed);
  });
});

describe('a period of a quota', () => {
  const zoned = { days: EVERY_DAY, from: '00:00', to: '24:00' };
  function period(per: 'hour' | 'day' | 'week' | 'month', zone: string, at: string) {
    const decision = allowedAt({ quota: { values: 5, per }, hours: { ...zoned, zone } }, at);
    const { quota } = decision.allowed ? decision.ground : { quota: undefined };
    expect(quota).toBeDefined();
    return [quota?.startMs, quota?.endMs].map((ms) => new Date(ms ?? Number.NaN).toISOString());
  }

  test.each([
    ['day', 'UTC', '2026-06-03T12:00:00Z', '2026-06-03T00:00', '2026-06-04T00:00'],
    ['day', 'Europe/Berlin', '2026-06-03T22:00:00Z', '2026-06-03T22:00', '2026-06-04T22:00'],
    // 23 and 25 hours.
    ['day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00', '2026-03-29T22:00'],
    ['day', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00', '2026-10-25T23:00'],
    // In Beirut midnight itself is left out: the day begins at 01:00.
    ['day', 'Asia/Beirut', '2022-03-27T12:00:00Z', '2022-03-26T22:00', '2022-03-27T21:00'],
    ['week', 'Europe/Berlin', '2026-06-07T21:59:59Z', '2026-05-31T22:00', '2026-06-07T22:00'],
    ['month', 'America/New_York', '2026-03-20T12:00:00Z', '2026-03-01T05:00', '2026-04-01T04:00'],
    ['month', 'UTC', '2026-12-31T23:59:59Z', '2026-12-01T00:00', '2027-01-01T00:00'],
    ['hour', 'Asia/Kolkata', '2026-06-03T12:45:00Z', '2026-06-03T12:00', '2026-06-03T13:00'],
  ] as const)('%s in %s at %s', (per, zone, at, start, end) => {
    expect(period(per, zone, at)).toEqual([`${start}:00.000Z`, `${end}:00.000Z`]);
  });

  test('holds the time, and the next one begins where it ends, in every zone', () => {
    const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
    const per = fc.constantFrom('hour', 'day', 'week', 'month' as const);
    const at = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 0, 1) });
    fc.assert(
      fc.property(zone, per, at, (zone, per, atMs) => {
        const [start = '', end = ''] = period(per, zone, new Date(atMs).toISOString());
        expect(Date.parse(start)).toBeLessThanOrEqual(atMs);
        expect(Date.parse(end)).toBeGreaterThan(atMs);
        expect(period(per, zone, end)[0]).toBe(end);
        expect(period(per, zone, start)).toEqual([start, end]);
      }),
      { numRuns: 300 },
    );
  });
});
