import { csvToJson, type Dataset, type Finding } from '@sealstream/policy';
import { type Line, LineReader } from '@sealstream/records';

import type { FileFormat } from './file-input.ts';

/** What one chunk of a file gave. */
export interface FileRecords {
  /** Values to publish, one JSON object each. */
  readonly values: readonly Buffer[];
  readonly findings: readonly Finding[];
}

/** A file becoming records: chunks of any size in, in bounded memory. */
export interface RecordFile {
  write(chunk: Buffer): FileRecords;
  end(): FileRecords;
}

/** How the rows or lines of a file become the values of records. */
export function recordFile(format: FileFormat, dataset: Dataset, columns?: string): RecordFile {
  if (format === 'ndjson') return ndjsonRecords(dataset.maxRecordBytes);
  const conversion = csvToJson(dataset, columns);
  const given = ({ findings, rows }: ReturnType<typeof conversion.end>): FileRecords => ({
    values: rows.map(({ value }) => value),
    findings,
  });
  return {
    write: (chunk) => given(conversion.write(chunk)),
    end: () => given(conversion.end()),
  };
}

/** Lines as they stand: whether one is a good record is for ingest to say, which keeps the bad. */
function ndjsonRecords(maxBytes: number): RecordFile {
  const lines = new LineReader(maxBytes);
  const read = (work: (onLine: (line: Line) => void) => void): FileRecords => {
    const values: Buffer[] = [];
    const findings: Finding[] = [];
    work(({ bytes, line, tooLong }) => {
      if (tooLong) findings.push({ line, code: 'RECORD_TOO_LARGE' });
      else if (bytes.toString('latin1').trim() !== '') values.push(Buffer.from(bytes));
    });
    return { values, findings };
  };
  return {
    write: (chunk) => read((onLine) => lines.push(chunk, onLine)),
    end: () => read((onLine) => lines.end(onLine)),
  };
}
