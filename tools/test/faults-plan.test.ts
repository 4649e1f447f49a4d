import { describe, expect, test } from 'vitest';
import { KIND_NAMES, KINDS, STAGES } from '../faults/kinds.ts';
import { HELP, parseFaults, UsageError } from '../faults/options.ts';
import { planOf, WHOLE_DECK_ROUNDS, wordsOf } from '../faults/plan.ts';
import { REQUEST_NAMES } from '../faults/requests.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/paths.ts';

const twenty = (seed: string) => planOf({ seed, rounds: 20, brokers: 3, isShort: false });
const seeds = Array.from({ length: 50 }, (_, n) => `seed ${n}`);

describe('a plan of faults', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(twenty('a')).toEqual(twenty('a'));
    expect(twenty('a')).not.toEqual(twenty('b'));
  });

  test.each(seeds)('has every kind, target and request from 20 rounds on (%s)', (seed) => {
    const faults = twenty(seed).flat();
    expect(WHOLE_DECK_ROUNDS).toBe(20);
    for (const kind of KIND_NAMES) {
      const targets = faults.filter((fault) => fault.kind === kind).map(({ target }) => target);
      for (const target of KINDS[kind].targets) {
        if (target === 'a stage') expect(STAGES).toContain(targets[0]);
        else if (target === 'a broker') expect(targets.join()).toMatch(/broker [123]/);
        else expect(targets).toContain(target);
      }
    }
    const requests = faults.flatMap(({ request }) => (request === undefined ? [] : [request]));
    expect(new Set(requests)).toEqual(new Set(REQUEST_NAMES));
  });

  test.each(seeds)(
    'has two or three faults in each round, in order of their times (%s)',
    (seed) => {
      for (const round of twenty(seed)) {
        expect([2, 3]).toContain(round.length);
        const times = round.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }
    },
  );

  test('keeps to the kinds, requests and the client that it was asked for', () => {
    const asked = { kinds: ['lostAnswer'], requests: ['EndTxn'], answersOf: 'mask' } as const;
    const plan = planOf({ seed: 'a', rounds: 3, brokers: 1, isShort: true, ...asked });
    expect(plan.flat()).toHaveLength(6);
    for (const fault of plan.flat())
      expect(fault).toMatchObject({ kind: 'lostAnswer', request: 'EndTxn', target: 'mask' });
  });

  test('loses answers to Produce more often than a plain client tries', () => {
    const produce = twenty('a')
      .flat()
      .filter(({ request }) => request === 'Produce');
    for (const { times } of produce) expect(times).toBeGreaterThan(6);
    expect(produce.length).toBeGreaterThan(0);
  });

  test('is told in words that name kind, target and time', () => {
    const fault = { kind: 'slow', target: 'broker 2', atMs: 1500, forMs: 2000, dice: 0 } as const;
    expect(wordsOf(fault)).toBe('slow broker 2 at 1.5 s for 2.0 s');
  });
});

describe('the command line of npm run faults', () => {
  test('has every kind and request in its help', () => {
    for (const name of [...KIND_NAMES, ...REQUEST_NAMES]) expect(HELP).toContain(name);
    expect(parseFaults(['--help'])).toBe('help');
  });

  test('means 20 rounds of everything on our own client unless told', () => {
    expect(parseFaults(['--seed', 'x'])).toEqual({
      rounds: 20,
      seed: 'x',
      perSecond: 150,
      client: 'sealstream',
      kinds: KIND_NAMES,
      requests: REQUEST_NAMES,
      isShort: false,
      keepLogs: false,
      json: false,
    });
    expect(parseFaults(['--rounds', '9', '--round', '7'])).toMatchObject({ onlyRound: 7 });
  });

  test.each([
    ['--rounds', '0'],
    ['--rounds', 'many'],
    ['--round', '21'],
    ['--kinds', 'kill,burn'],
    ['--kinds', ''],
    ['--answers', 'Consume'],
    ['--client', 'java'],
    ['--seed', '../x'],
    ['--forever'],
  ])('is refused with %s %s', (...args) => {
    expect(() => parseFaults(args)).toThrow(UsageError);
  });
});

describe('docs/faults.md', () => {
  const text = readFileSync(join(ROOT, 'docs', 'faults.md'), 'utf8');
  const seconds = ([least, most]: readonly [number, number]) => {
    if (most === 0) return '';
    return least === most ? `${most / 1000} s` : `${least / 1000} to ${most / 1000} s`;
  };

  test.each(KIND_NAMES)('has %s as it is in the table of kinds', (kind) => {
    const { what, targets, lastsMs } = KINDS[kind];
    // How long answers may be waited for is no time that a fault lasts.
    const lasts = kind === 'lostAnswer' ? '' : seconds(lastsMs);
    const row = `| \`${kind}\` | ${what} | ${targets.join(', ')} | ${lasts}${lasts && ' '}|`;
    expect(text.split('\n')).toContain(row);
  });

  test('names every request', () => {
    for (const name of REQUEST_NAMES) expect(text).toContain(name);
  });
});
