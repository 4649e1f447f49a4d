import type { RejectCode } from '@sealstream/contracts';

/** A bad line of a file: where, never what. */
export interface Finding {
  /** Line of the file, from 1; of a row over several lines the first. */
  readonly line: number;
  readonly code: RejectCode;
  /** Byte offset in the line or row. */
  readonly byte?: number;
  /** The policy's path pattern. */
  readonly path?: string;
}

/** What one chunk of a file gave. */
export interface FileOutput {
  /** The treated lines, with their line ends as they were. */
  readonly bytes: Buffer;
  /** The bad ones; nothing of them is in `bytes`. */
  readonly findings: readonly Finding[];
  /** Records in `bytes`; a CSV header is none. */
  readonly records: number;
}

/** A file going through a stage: chunks of any size in, whole lines out, in bounded memory. */
export interface FileApplication {
  write(chunk: Buffer): FileOutput;
  /** What the last line gave, when it had no line end. */
  end(): FileOutput;
}

const MARK = 0xef;
const OPEN_BRACE = 0x7b;
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d, 0xbb, 0xbf, MARK]);

/**
 * The format of a file by its beginning: a first non-blank `{` (a byte order mark does not count)
 * means NDJSON, anything else CSV with a header row.
 */
export function fileFormat(beginning: Uint8Array): 'ndjson' | 'csv' {
  return beginning.find((byte) => !SPACES.has(byte)) === OPEN_BRACE ? 'ndjson' : 'csv';
}
