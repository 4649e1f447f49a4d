import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FF1 } from '@noble/ciphers/ff1.js';
import { FormatCipher } from '@sealstream/crypto';
import { applyKeyring } from '@sealstream/keyring';
import type { Bench } from '../ground/bench.ts';
import { cpuMicros } from '../ground/cpu-time.ts';
import { lineOf } from '../ground/lines.ts';

const LENGTHS = [6, 9, 16, 30] as const;
/** The length that the goal is for: a card number. */
const CARD = 16;
const RADIX = 10;

export const FPE: Bench = {
  name: 'fpe',
  summary: 'what format-preserving encryption (FF1) of digits takes, in CPU time on one core',
  about: [
    'Each figure is the median of nine rounds of CPU time; the reference is FF1 of @noble/ciphers in',
    'the same process.',
  ],
  options: {
    calls: { takes: 'N', default: '20000', meaning: 'calls in one round' },
  },
  examples: ['', '--json --calls 2000'],
  run: async (asked, report) => {
    const calls = asked.whole('calls', 100, 10_000_000);
    const dir = mkdtempSync(join(tmpdir(), 'sealstream-bench-fpe-'));
    try {
      const keys = applyKeyring(join(dir, 'keyring.json'), { create: true });
      const cipher = new FormatCipher('people', '/card', 'digits');
      const theirs = FF1(RADIX, randomBytes(32));
      const tweak = Buffer.alloc(0);
      for (const length of LENGTHS) {
        const numerals = new Uint8Array(length);
        const own = cpuMicros(calls, () => cipher.encrypt(keys, numerals, tweak));
        const plain = Array<number>(length).fill(1);
        // A tenth of the calls: it takes ten times as long.
        const reference = cpuMicros(Math.ceil(calls / 10), () => void theirs.encrypt(plain));
        report.lines([
          lineOf({
            what: 'FF1',
            figure: 1e6 / own,
            reference: 1e6 / reference,
            unit: 'values/s',
            against: '@noble/ciphers',
            places: 0,
            goal: length === CARD ? '>= 80000' : undefined,
            with: { digits: length, calls },
          }),
        ]);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
};
