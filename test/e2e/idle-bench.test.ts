import { FLOW_SERVICES } from '@sealstream/contracts';
import { expect, test } from 'vitest';
import { bench, linesOf } from './bench-run.ts';

const number = expect.any(Number) as unknown;

test('npm run bench -- idle measures every service beside a stock consumer', () => {
  const run = bench('idle', '--json', '--seconds', '1', '--settle', '0', '--partitions', '1');
  expect(run.stderr).not.toContain('failed');
  expect(run.status).toBe(0);
  const lines = linesOf(run);
  for (const what of FLOW_SERVICES)
    for (const unit of ['% of a core', 'wake-ups/s'])
      expect(lines).toContainEqual(
        expect.objectContaining({ bench: 'idle', what, unit, figure: number, reference: number }),
      );
  expect(lines).toHaveLength(2 * FLOW_SERVICES.length);
});
