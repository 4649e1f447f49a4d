import { type KeySource, looksLikeToken } from '@sealstream/crypto';
import { ByteWriter, CsvReader, type CsvRow } from '@sealstream/records';
import { type Cell, cellText, copyCell, isNullCell, isScalarText } from './cell-treatment.ts';
import {
  cellAt,
  type Column,
  columnsFault,
  columnsRow,
  readHeader,
  type RowFault,
  rowFault,
} from './csv-columns.ts';
import type { Dataset } from './dataset.ts';
import type { Stage } from './field-stage.ts';
import type { FileApplication, FileOutput, Finding } from './file-output.ts';
import { SubjectCell } from './subject-cell.ts';
import type { Tally } from './tally.ts';
import { recordFault } from './verdict.ts';

const COMMA = 0x2c;
const LINE_ENDS = [Buffer.alloc(0), Buffer.from('\n'), Buffer.from('\r\n')];
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

class CsvFile implements FileApplication {
  readonly #dataset: Dataset;
  readonly #stage: Stage;
  readonly #reader: CsvReader;
  readonly #keys: KeySource;
  readonly #tally: Tally;
  readonly #out = new ByteWriter();
  readonly #row = new ByteWriter();
  readonly #subject = new SubjectCell();
  #subjectColumn = -1;
  #columns: readonly Column[] | undefined;
  #labels: readonly (string | undefined)[] = [];
  /** Whether anything was written: a byte order mark goes before it. */
  #begun = false;
  /** Set once the header was refused: then no row can be treated. */
  #closed = false;
  #findings: Finding[] = [];
  #records = 0;

  constructor(dataset: Dataset, stage: Stage, keys: KeySource, tally: Tally, columns?: string) {
    this.#dataset = dataset;
    this.#stage = stage;
    // A sealed row is larger than the one it came from, at most twice.
    this.#reader = new CsvReader(dataset.maxRecordBytes * (stage === 'open' ? 2 : 1));
    this.#keys = keys;
    this.#tally = tally;
    if (columns === undefined) return;
    const fault = this.#takeColumns(columnsRow(columns));
    if (fault !== undefined) throw columnsFault(fault);
  }

  write(chunk: Buffer): FileOutput {
    if (!this.#closed) this.#reader.push(chunk, (row) => this.#read(row));
    return this.#take();
  }

  end(): FileOutput {
    if (!this.#closed) this.#reader.end((row) => this.#read(row));
    return this.#take();
  }

  #read(row: CsvRow): void {
    if (this.#closed) return;
    const columns = this.#columns;
    if (columns === undefined) {
      this.#header(row);
      return;
    }
    // A blank line between or after rows of several columns holds no record and stays.
    const blank = row.bytes.length === 0 && columns.length > 1 && row.fault === undefined;
    this.#row.reset();
    const fault = blank ? undefined : this.#treat(row, columns);
    if (fault !== undefined) {
      this.#findings.push({ line: row.line, ...fault });
      return;
    }
    if (!blank) this.#count(columns);
    this.#emit(row);
  }

  #emit(row: CsvRow): void {
    if (!this.#begun && this.#reader.bom) this.#out.copy(MARK);
    this.#begun = true;
    this.#out.copy(this.#row.bytes, 0, this.#row.length);
    this.#out.copy(LINE_ENDS[row.endLength]);
  }

  #header(row: CsvRow): void {
    const fault = this.#takeColumns(row);
    if (fault !== undefined) {
      this.#findings.push({ line: row.line, ...fault });
      this.#closed = true;
      return;
    }
    this.#row.reset();
    let first = true;
    for (const [i, { cut }] of (this.#columns ?? []).entries()) {
      if (cut) continue;
      if (!first) this.#row.byte(COMMA);
      first = false;
      copyCell(cellAt(row, i), this.#row);
    }
    this.#emit(row);
  }

  #takeColumns(names: CsvRow): RowFault | undefined {
    const header = readHeader(this.#dataset, this.#stage, names, this.#subject);
    if ('fault' in header) return header.fault;
    this.#columns = header.columns;
    this.#subjectColumn = header.columns.findIndex(({ path }) => path === this.#dataset.subject);
    this.#labels = header.columns.map(({ label }) => label);
    return undefined;
  }

  /** Writes the treated row into `#row`, or tells why it cannot. */
  #treat(row: CsvRow, columns: readonly Column[]): RowFault | undefined {
    const fault = rowFault(row);
    if (fault !== undefined) return fault;
    if (row.count !== columns.length) return { code: 'RECORD_INVALID_CSV', byte: row.bytes.length };
    if (this.#subjectColumn >= 0) this.#subject.set(cellText(cellAt(row, this.#subjectColumn)));
    let first = true;
    for (const [i, column] of columns.entries()) {
      const cell = cellAt(row, i);
      if (!column.cut) {
        if (!first) this.#row.byte(COMMA);
        first = false;
      }
      const code = this.#cell(cell, column);
      if (code !== undefined) return { code, byte: cell.start, path: column.path };
    }
    // Twice the raw size is what the topics of the outputs take.
    const tooLong = this.#row.length > this.#dataset.maxRecordBytes * 2;
    return tooLong ? { code: 'RECORD_TOO_LARGE' } : undefined;
  }

  #cell(cell: Cell, { field, cut, treatment }: Column): RowFault['code'] | undefined {
    const text = cellText(cell);
    if (this.#stage !== 'open' && looksLikeToken(text)) return 'RECORD_LOOKS_SEALED';
    const checked = this.#stage !== 'open' || field?.encrypt === 'keep';
    if (checked && field !== undefined) {
      if (isNullCell(cell, field)) {
        if (field.required && this.#stage !== 'open') return 'RECORD_MISSING_FIELD';
      } else if (!field.types.some((type) => isScalarText(text, type))) return 'RECORD_WRONG_TYPE';
    }
    if (cut) return undefined;
    if (treatment === undefined) {
      copyCell(cell, this.#row);
      return undefined;
    }
    try {
      return treatment(cell, text, this.#row, this.#tally.noting(this.#keys));
    } catch (error) {
      return recordFault(error);
    }
  }

  #count(columns: readonly Column[]): void {
    this.#records++;
    const counters = this.#tally.counters(this.#labels);
    for (let i = 0; i < columns.length; i++) counters[i]++;
  }

  #take(): FileOutput {
    const output = {
      bytes: this.#out.take(),
      findings: this.#findings,
      records: this.#records,
    };
    this.#out.reset();
    this.#findings = [];
    this.#records = 0;
    return output;
  }
}

/**
 * A CSV file through a stage; a column names a field at the top of the record. The names stand in its
 * header row, or in `columns` (one line of CSV) when it has none; then every row is one of values.
 *
 * Quotes, doubled quotes, line ends and a byte order mark stay as they are, and so does every cell
 * that the policy keeps. A bad row gives a finding and nothing else, and the next one is treated;
 * when the header itself does not fit the policy, no row can be and there is one finding.
 */
export function csvFile(
  dataset: Dataset,
  stage: Stage,
  keys: KeySource,
  tally: Tally,
  columns?: string,
): FileApplication {
  return new CsvFile(dataset, stage, keys, tally, columns);
}
