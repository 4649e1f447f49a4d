import { type Finding, jsonStart } from '@sealstream/policy';
import {
  ByteWriter,
  CELL,
  CELL_STRIDE,
  CsvReader,
  type CsvRow,
  type Line,
  LineReader,
  undoubleQuotes,
} from '@sealstream/records';

import type { FileFormat } from './file-input.ts';
import type { SampleTree } from './sample-tree.ts';

/** A sample going by: chunks of any size in, in bounded memory. */
export interface SampleReader {
  /** The bad lines of this chunk. */
  write(chunk: Buffer): readonly Finding[];
  end(): readonly Finding[];
}

/** Longest row or line of a sample. */
const LINE_BYTES_MAX = 1024 * 1024;

/** Shows the records of a file to the tree, `max` at most; bad rows are told and left out. */
export function sampleReader(format: FileFormat, tree: SampleTree, max: number): SampleReader {
  return format === 'csv' ? csvSample(tree, max) : ndjsonSample(tree, max);
}

/** Shows one JSON record to the tree; the code of one that is none. */
export function lookAt(tree: SampleTree, bytes: Buffer): Finding['code'] | undefined {
  let value: unknown;
  try {
    // Under a JSON Schema the id of the schema stands before it.
    value = JSON.parse(bytes.toString('utf8', jsonStart(bytes, 0, bytes.length)));
  } catch {
    return 'RECORD_INVALID_JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'RECORD_INVALID_JSON';
  tree.look(value);
  return undefined;
}

function ndjsonSample(tree: SampleTree, max: number): SampleReader {
  const lines = new LineReader(LINE_BYTES_MAX);
  const read = (work: (onLine: (line: Line) => void) => void): Finding[] => {
    const bad: Finding[] = [];
    work(({ bytes, line, tooLong }) => {
      if (tree.records >= max) return;
      if (tooLong) bad.push({ line, code: 'RECORD_TOO_LARGE' });
      else if (bytes.toString('latin1').trim() !== '') {
        const code = lookAt(tree, bytes);
        if (code !== undefined) bad.push({ line, code });
      }
    });
    return bad;
  };
  return {
    write: (chunk) => read((onLine) => lines.push(chunk, onLine)),
    end: () => read((onLine) => lines.end(onLine)),
  };
}

const unquoted = new ByteWriter();

function cellText({ bytes, cells }: CsvRow, column: number): string {
  const [form, start, end] = cells.subarray(column * CELL_STRIDE, (column + 1) * CELL_STRIDE);
  if (form !== CELL.doubled) return bytes.toString('utf8', start, end);
  unquoted.reset();
  undoubleQuotes(bytes, start, end, unquoted);
  return unquoted.take().toString();
}

const cellsOf = (row: CsvRow): string[] =>
  Array.from({ length: row.count }, (_, column) => cellText(row, column));

function csvSample(tree: SampleTree, max: number): SampleReader {
  const rows = new CsvReader(LINE_BYTES_MAX);
  let header: readonly string[] | undefined;
  let isHeaderBad = false;
  const read = (work: (onRow: (row: CsvRow) => void) => void): Finding[] => {
    const bad: Finding[] = [];
    work((row) => {
      const { bytes, count, fault, line } = row;
      if (isHeaderBad || tree.records >= max || bytes.length === 0) return;
      if (fault !== undefined || (header !== undefined && count !== header.length)) {
        bad.push({ line, code: fault?.code ?? 'RECORD_INVALID_CSV' });
        isHeaderBad = header === undefined;
        return;
      }
      const cells = cellsOf(row);
      if (header === undefined) header = cells;
      // An empty cell tells nothing, and most often stands for null.
      else tree.look(Object.fromEntries(header.map((name, at) => [name, cells[at] || null])));
    });
    return bad;
  };
  return {
    write: (chunk) => read((onRow) => rows.push(chunk, onRow)),
    end: () => read((onRow) => rows.end(onRow)),
  };
}
