// Opens one payload in a process of its own, and prints what came of it and how far the memory grew.
// node bomb-worker.ts CODEC FILE; the codec `unbounded` is zstd without our bound.
import { existsSync, readFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { SealstreamError } from '@sealstream/contracts';
import { checkCodecs, decompress } from '../src/wire/compression.ts';

const [codec = '', file = ''] = process.argv.slice(2);
const payload = readFileSync(file);
checkCodecs();
const before = peakBytes();
let outcome = 'opened';
try {
  if (codec === 'unbounded') zstdDecompressSync(payload);
  else decompress(Number(codec), payload);
} catch (error) {
  outcome = error instanceof SealstreamError ? error.code : 'another error';
}
process.stdout.write(JSON.stringify({ outcome, grownBytes: peakBytes() - before }));

/** The most memory that this process had; what getrusage says begins with its parent's on Linux. */
function peakBytes(): number {
  const status = '/proc/self/status';
  if (!existsSync(status)) return process.resourceUsage().maxRSS * 1024;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]) * 1024;
}
