import { expect, test } from 'vitest';
import { bench, linesOf } from './bench-run.ts';

const number = expect.any(Number) as unknown;

test('npm run bench -- access measures reveals beside a plain server, and beside a flood of sign-ins', () => {
  const run = bench('access', '--json', '--seconds', '1', '--warm', '0', '--connections', '4');
  expect(run.stderr).not.toContain('failed');
  expect(run.status, run.stderr).toBe(0);
  const lines = linesOf(run);
  const shared = { bench: 'access', figure: number };
  for (const [what, unit] of [
    ['reveal', 'requests/s'],
    ['reveal p99', 'ms'],
    ['reveal p99 beside a flood', 'ms'],
  ])
    expect(lines).toContainEqual(
      expect.objectContaining({ ...shared, what, unit, reference: number, ratio: number }),
    );
  const parts = [
    'reveal CPU',
    'of it pauses for garbage',
    'beside it Redis',
    'beside it Kafka',
    'beside it the clients',
  ];
  for (const what of parts)
    expect(lines).toContainEqual(
      expect.objectContaining({ ...shared, what, unit: 's per million fields' }),
    );
  expect(lines).toHaveLength(3 + parts.length);
});
