import { connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Asked, UsageError } from '../../bench/ground/bench.ts';
import { brokerConnections, connectionsTo } from '../../bench/ground/broker-connections.ts';
import { type Sample, summed } from '../../bench/ground/figures.ts';
import { labelValues } from '../../bench/ground/metrics.ts';
import { ROWS, scaleOptions } from '../../bench/scale/options.ts';
import { SCALE } from '../../bench/scale/scale.ts';
import { Sightings } from '../../bench/scale/sightings.ts';
import { requireExactlyOnce } from '../../bench/scale/turnover.ts';
import { bench, linesOf } from './bench-run.ts';

const number = expect.any(Number) as unknown;
const few = ['--partitions', '3', '--bytes', '400'];

/** Runs one row as a user does; the lines that it printed. */
function measured(row: string, ...options: string[]): Record<string, unknown>[] {
  const run = bench('scale', '--json', '--rows', row, ...options);
  expect(run.stderr).not.toContain('failed');
  expect(run.status).toBe(0);
  return linesOf(run);
}

describe('npm run bench -- scale', () => {
  test('measures one process and two in one group, beside as many plain loops', () => {
    const lines = measured('replicas', ...few, '--replicas', '1,2', '--records', '2000');
    const counts = [
      { what: 'mask, 1 process', replicas: 1 },
      { what: 'mask, 2 processes', replicas: 2 },
    ];
    for (const count of counts)
      for (const unit of ['records/s', 'CPU-s/M', 'MB'])
        expect(lines).toContainEqual(
          expect.objectContaining({ ...count, unit, figure: number, reference: number }),
        );
    expect(lines).toHaveLength(6);
  });

  test('sees each record once and in order while replicas join, restart and are killed', () => {
    const lines = measured('turnover', ...few, '--seconds', '5', '--rate', '600');
    for (const what of ['lost', 'doubled', 'reordered'])
      expect(lines).toContainEqual(
        expect.objectContaining({ what: `turnover, ${what}`, figure: 0, reached: true }),
      );
    for (const departure of ['restart', 'kill -9'])
      for (const whose of ['its partitions', 'the others'])
        expect(lines).toContainEqual(
          expect.objectContaining({ what: `${departure}, ${whose}`, unit: 'ms', figure: number }),
        );
    expect(lines).toHaveLength(7);
  });

  test('counts three connections at most of a process with many partitions', () => {
    const lines = measured('connections', '--many', '8');
    expect(lines.map(({ what }) => what)).toEqual(['ingest, one process', 'mask, one process']);
    for (const { figure, reached, reference } of lines) {
      expect(figure).toBeGreaterThan(0);
      expect(reached).toBe(true);
      expect(reference).toBeGreaterThanOrEqual(8);
    }
  });

  test('measures every row unless told otherwise, and no replica without a partition', () => {
    const asked = (...args: string[]) => scaleOptions(new Asked(SCALE, args));
    expect(asked()).toEqual({
      rows: ROWS,
      replicas: [1, 2, 4],
      partitions: 12,
      many: 48,
      records: 300_000,
      rate: 15_000,
      seconds: 30,
      bytes: 350,
    });
    expect(asked('--rows', 'connections,replicas').rows).toEqual(['replicas', 'connections']);
    expect(() => asked('--replicas', '1,4', '--partitions', '3')).toThrow(UsageError);
    expect(asked('--rows', 'turnover', '--partitions', '3').partitions).toBe(3);
    expect(() => asked('--partitions', '2')).toThrow(UsageError);
  });
});

describe('what a reader of committed records saw', () => {
  /** Raw records of partition 1, in the order in which they stand in the output's partition 1. */
  const seen = (...offsets: number[]) => {
    const sightings = new Sightings(2);
    for (const [n, offset] of offsets.entries())
      sightings.add(1, { partition: 1, offset: BigInt(offset) }, 100 * n);
    return sightings;
  };

  test('is once and in order where nothing is planted', () => {
    const verdict = seen(0, 1, 2, 3).judge([0, 4]);
    expect(verdict).toEqual({ lost: 0, doubled: 0, reordered: 0 });
    expect(() => requireExactlyOnce(verdict)).not.toThrow();
  });

  test.each([
    ['in the middle', [0, 1, 3]],
    ['at the end', [0, 1, 2]],
    ['at the beginning', [1, 2, 3]],
  ])('lacks a record that was lost %s', (_, offsets) => {
    const verdict = seen(...offsets).judge([0, 4]);
    expect(verdict).toEqual({ lost: 1, doubled: 0, reordered: 0 });
    expect(() => requireExactlyOnce(verdict)).toThrow('1 records lost');
  });

  test('lacks a whole partition of which nothing came', () => {
    expect(seen(0, 1).judge([5, 2])).toEqual({ lost: 5, doubled: 0, reordered: 0 });
  });

  test('has a record twice that was doubled, at once or much later', () => {
    expect(seen(0, 1, 1, 2, 0).judge([0, 3])).toEqual({ lost: 0, doubled: 2, reordered: 0 });
    expect(() => requireExactlyOnce({ lost: 0, doubled: 2, reordered: 0 })).toThrow('2 doubled');
  });

  test('has a record behind a later one that was reordered', () => {
    const verdict = seen(0, 2, 1, 3).judge([0, 4]);
    expect(verdict).toEqual({ lost: 0, doubled: 0, reordered: 1 });
    expect(() => requireExactlyOnce(verdict)).toThrow('1 reordered');
  });

  test('has a record out of order that stands in another partition than it came from', () => {
    const sightings = seen(0);
    sightings.add(0, { partition: 1, offset: 1n }, 500);
    expect(sightings.judge([0, 2])).toEqual({ lost: 0, doubled: 0, reordered: 1 });
  });

  test('tells the longest pause of the partitions asked for, within the span', () => {
    const sightings = new Sightings(2);
    const at = (partition: number, moments: readonly number[]) => {
      for (const [offset, atMs] of moments.entries())
        sightings.add(partition, { partition, offset: BigInt(offset) }, atMs);
    };
    at(0, [0, 100, 200, 1200, 1300, 4300]);
    at(1, [0, 150, 300, 1350, 2000]);
    const pause = (partitions: number[], fromMs: number, untilMs: number) =>
      sightings.longestPauseMs(partitions, { fromMs, untilMs });
    expect(pause([0], 0, 1250)).toBe(1000);
    expect(pause([0], 0, 250)).toBe(100);
    // It began before the span, and lasts beyond it.
    expect(pause([0], 1250, 2000)).toBe(700);
    expect(pause([0], 2500, 5000)).toBe(3000);
    expect(pause([0, 1], 0, 1400)).toBe(1050);
    // Never seen again: until the end of the span, however often nothing came.
    expect(pause([1], 1900, 9000)).toBe(7000);
    expect(() => pause([], 0, 1000)).toThrow(RangeError);
    expect(() => new Sightings(1).longestPauseMs([0], { fromMs: 0, untilMs: 1 })).toThrow(
      RangeError,
    );
  });
});

describe('what processes tell', () => {
  test('is added up over the replicas', () => {
    const sample = (records: number): Sample => {
      return { atMs: 0, records, cpuSeconds: records / 10, rssBytes: records * 100 };
    };
    expect(summed(7, [sample(1), sample(2)])).toEqual({
      atMs: 7,
      records: 3,
      cpuSeconds: expect.closeTo(0.3) as unknown,
      rssBytes: 300,
    });
  });

  test('names the partitions that one works on', () => {
    const text = [
      '# TYPE lag gauge',
      'lag{stage="mask",partition="3"} 0',
      'lag{partition="11",stage="mask"} 5',
      'lag_more{partition="4"} 1',
    ].join('\n');
    expect(labelValues(text, 'lag', 'partition')).toEqual(['3', '11']);
    expect(labelValues(text, 'lag', 'dataset')).toEqual([]);
  });
});

describe('connections of a process', () => {
  test('are counted to the port asked for, as the kernel has them', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(brokerConnections(process.pid, port)).toBe(0);
    const sockets = await Promise.all(
      [1, 2].map(async () => {
        const socket = connect(port, '127.0.0.1');
        await new Promise((resolve) => socket.once('connect', resolve));
        return socket;
      }),
    );
    expect(brokerConnections(process.pid, port)).toBe(2);
    // The same connections are no other process's, and none that is gone has any.
    expect(brokerConnections(process.ppid, port)).toBe(0);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    expect(brokerConnections(process.pid, port)).toBe(0);
  });

  test('count only where they are established, and from the side that made them', () => {
    const row = (local: string, remote: string, state: string, inode: number) =>
      `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 1000 0 ${inode} 1`;
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode',
      row('0100007F:8235', '0100007F:2384', '01', 11),
      row('0100007F:2384', '0100007F:8235', '01', 12),
      row('0100007F:8236', '0100007F:2384', '06', 13),
      row('0100007F:8237', '0100007F:2385', '01', 14),
      '',
    ].join('\n');
    expect(connectionsTo(table, 0x2384)).toEqual(['11']);
  });
});
