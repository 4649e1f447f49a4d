import { SealstreamError } from '@sealstream/contracts';

import { openFile } from './file-input.ts';
import type { Terminal } from './terminal.ts';

/** Far above any name or number that stands for a person. */
const VALUE_BYTES_MAX = 64 * 1024;
const [LINE_FEED, CARRIAGE_RETURN] = [0x0a, 0x0d];

/**
 * A subject's value from a file or stdin, without the line end after it. The caller zeroes it. No
 * message of this ever holds any of it.
 *
 * @throws SealstreamError USAGE when there is none, FILE_UNREADABLE
 */
export async function subjectValue(terminal: Terminal, file: string | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of openFile(terminal, file).chunks) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > VALUE_BYTES_MAX) break;
  }
  const bytes = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  const value = withoutLineEnd(bytes);
  if (value.length > 0 && size <= VALUE_BYTES_MAX && !value.includes(LINE_FEED)) return value;
  bytes.fill(0);
  throw new SealstreamError(
    'USAGE',
    { valueBytes: size },
    'Give one value on one line, on stdin or in --value-file, or --index.',
  );
}

function withoutLineEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== LINE_FEED) return bytes;
  return bytes.subarray(0, bytes.at(-2) === CARRIAGE_RETURN ? -2 : -1);
}
