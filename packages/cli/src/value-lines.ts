import { SealstreamError } from '@sealstream/contracts';

import type { Terminal } from './terminal.ts';

/** Most values of one call: all of them are held in memory, and their count is told beforehand. */
const VALUES_MAX = 100_000;
const BYTES_MAX = 16 * 1024 * 1024;
const [LINE_FEED, CARRIAGE_RETURN] = [0x0a, 0x0d];

/**
 * Values from stdin, one a line, as bytes. A line end may be CR LF; one after the last value is none.
 * No message of this ever holds any of them.
 *
 * @throws SealstreamError USAGE when there is none, or more than can be treated at once
 */
export async function valueLines(terminal: Terminal): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of terminal.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > BYTES_MAX) break;
  }
  const values = sizeBytes > BYTES_MAX ? [] : linesOf(Buffer.concat(chunks));
  if (values.length > 0 && values.length <= VALUES_MAX) return values;
  throw new SealstreamError(
    'USAGE',
    { inputBytes: sizeBytes, valuesMax: VALUES_MAX, bytesMax: BYTES_MAX },
    'Give values on stdin, one a line, so many at once at most.',
  );
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const found = bytes.indexOf(LINE_FEED, from);
    const end = found < 0 ? bytes.length : found;
    const hasReturn = end > from && bytes[end - 1] === CARRIAGE_RETURN;
    lines.push(bytes.subarray(from, hasReturn ? end - 1 : end));
    from = end + 1;
  }
  return lines;
}
