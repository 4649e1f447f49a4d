import {
  ByteWriter,
  CsvReader,
  type CsvRow,
  formatPattern,
  writeJsonString,
} from '@sealstream/records';
import { type Cell, cellText, isNullCell, isScalarText } from './cell-treatment.ts';
import {
  cellAt,
  columnNames,
  columnsFault,
  columnsRow,
  missingColumn,
  type RowFault,
  rowFault,
} from './csv-columns.ts';
import type { Dataset, Field } from './dataset.ts';
import type { Finding } from './file-output.ts';

/** A row that became a record. */
export interface JsonRow {
  readonly line: number;
  /** One JSON object. */
  readonly value: Buffer;
}

/** What one chunk of a file gave. */
export interface JsonRows {
  readonly rows: readonly JsonRow[];
  readonly findings: readonly Finding[];
}

/** A CSV file becoming JSON records: chunks of any size in, records out, in bounded memory. */
export interface CsvConversion {
  write(chunk: Buffer): JsonRows;
  end(): JsonRows;
}

interface NamedColumn {
  /** `"name":` as JSON. */
  readonly name: Buffer;
  readonly field: Field | undefined;
}

const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const NULL = Buffer.from('null');

class CsvToJson implements CsvConversion {
  readonly #dataset: Dataset;
  readonly #reader: CsvReader;
  readonly #out = new ByteWriter();
  #columns: readonly NamedColumn[] | undefined;
  #closed = false;
  #rows: JsonRow[] = [];
  #findings: Finding[] = [];

  constructor(dataset: Dataset, columns?: string) {
    this.#dataset = dataset;
    this.#reader = new CsvReader(dataset.maxRecordBytes);
    const fault = columns === undefined ? undefined : this.#header(columnsRow(columns));
    if (fault !== undefined) throw columnsFault(fault);
  }

  write(chunk: Buffer): JsonRows {
    if (!this.#closed) this.#reader.push(chunk, (row) => this.#read(row));
    return this.#take();
  }

  end(): JsonRows {
    if (!this.#closed) this.#reader.end((row) => this.#read(row));
    return this.#take();
  }

  #read(row: CsvRow): void {
    if (this.#closed) return;
    const columns = this.#columns;
    const blank = row.bytes.length === 0 && row.fault === undefined;
    if (columns !== undefined && blank && columns.length > 1) return;
    const fault = columns === undefined ? this.#header(row) : this.#convert(row, columns);
    if (fault !== undefined) this.#findings.push({ line: row.line, ...fault });
    else if (columns !== undefined) this.#rows.push({ line: row.line, value: this.#out.take() });
  }

  #header(row: CsvRow): RowFault | undefined {
    const names = rowFault(row) === undefined ? columnNames(row) : [];
    const fault = rowFault(row) ?? missingColumn(this.#dataset, names);
    this.#closed = fault !== undefined;
    this.#columns = names.map((name) => ({
      name: Buffer.from(`${JSON.stringify(name)}:`),
      field: this.#dataset.fields.find(({ path }) => path === formatPattern([name])),
    }));
    return fault;
  }

  /** Writes the row as one JSON object into `#out`. */
  #convert(row: CsvRow, columns: readonly NamedColumn[]): RowFault | undefined {
    const fault = rowFault(row);
    if (fault !== undefined) return fault;
    if (row.count !== columns.length) return { code: 'RECORD_INVALID_CSV', byte: row.bytes.length };
    this.#out.reset();
    this.#out.byte(OPEN_BRACE);
    for (const [i, { name, field }] of columns.entries()) {
      if (i > 0) this.#out.byte(COMMA);
      this.#out.copy(name);
      const cell = cellAt(row, i);
      const code = this.#cell(cell, field);
      if (code !== undefined)
        return { code, byte: cell.start, ...(field !== undefined && { path: field.path }) };
    }
    this.#out.byte(CLOSE_BRACE);
    return undefined;
  }

  #cell(cell: Cell, field: Field | undefined): RowFault['code'] | undefined {
    const text = cellText(cell);
    if (field === undefined) {
      writeJsonString(this.#out, text);
    } else if (isNullCell(cell, field)) {
      if (field.required) return 'RECORD_MISSING_FIELD';
      this.#out.copy(NULL);
    } else if (field.types.includes('string')) {
      writeJsonString(this.#out, text);
    } else if (field.types.some((type) => isScalarText(text, type))) {
      this.#out.copy(text);
    } else {
      return 'RECORD_WRONG_TYPE';
    }
    return undefined;
  }

  #take(): JsonRows {
    const output = { rows: this.#rows, findings: this.#findings };
    this.#rows = [];
    this.#findings = [];
    return output;
  }
}

/**
 * Turns the rows of a CSV file into JSON objects to be published. Declared numbers and booleans
 * become such with the digits as they stand, all else strings; an empty cell without quotes is null
 * where the field may be absent. A column that the policy does not name becomes a string member,
 * and ingest says what it thinks of it. A row that cannot be converted gives a finding and no
 * record.
 *
 * @param columns names of the columns, one line of CSV, of a file without a header row
 */
export function csvToJson(dataset: Dataset, columns?: string): CsvConversion {
  return new CsvToJson(dataset, columns);
}
