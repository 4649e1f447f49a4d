import { type RejectCode, SealstreamError } from '@sealstream/contracts';
import {
  CELL_STRIDE,
  CsvReader,
  type CsvRow,
  firstInvalidUtf8,
  formatPattern,
} from '@sealstream/records';
import {
  type Cell,
  cellText,
  type CellTreatment,
  cellTreatment,
  unknownCellTreatment,
} from './cell-treatment.ts';
import type { Dataset, Field } from './dataset.ts';
import type { SubjectCell } from './subject-cell.ts';
import { isCut, type Stage, stageLabel, unknownLabel, unknownRule } from './field-stage.ts';

/** What a stage does to one column. */
export interface Column {
  /** Name in the header, unescaped. */
  readonly name: string;
  /** The policy's pattern. */
  readonly path: string;
  readonly field?: Field;
  readonly cut: boolean;
  readonly treatment?: CellTreatment;
  readonly label?: string;
}

/** Why a header, or a row, was refused. */
export interface RowFault {
  readonly code: RejectCode;
  readonly byte?: number;
  readonly path?: string;
}

/** Pattern of columns that the policy does not name. */
const UNKNOWN = '/*';

export function cellAt(row: CsvRow, column: number): Cell {
  const i = column * CELL_STRIDE;
  const [form, start, end] = row.cells.subarray(i, i + CELL_STRIDE);
  return { row: row.bytes, form, start, end };
}

/** What is wrong with a row before any rule is applied. */
export function rowFault(row: CsvRow): RowFault | undefined {
  if (row.fault !== undefined) return row.fault;
  const byte = firstInvalidUtf8(row.bytes);
  return byte < 0 ? undefined : { code: 'RECORD_INVALID_UTF8', byte };
}

function column(dataset: Dataset, stage: Stage, name: string, subject: SubjectCell): Column {
  const path = formatPattern([name]);
  const field = dataset.fields.find((candidate) => candidate.path === path);
  if (field !== undefined) {
    const treatment = cellTreatment(dataset, field, stage, subject);
    const label = stageLabel(stage, field);
    return {
      name,
      path,
      field,
      cut: isCut(stage, field),
      ...(treatment !== undefined && { treatment }),
      ...(label !== undefined && { label }),
    };
  }
  const label = unknownLabel(stage, dataset, UNKNOWN);
  const cut = unknownRule(stage, dataset) === 'cut';
  return {
    name,
    path: UNKNOWN,
    cut,
    ...(!cut && stage !== 'mask' && { treatment: unknownCellTreatment(dataset, UNKNOWN, stage) }),
    ...(label !== undefined && { label }),
  };
}

/** The names in a header row. */
export function columnNames(header: CsvRow): readonly string[] {
  return Array.from({ length: header.count }, (_, i) => cellText(cellAt(header, i)).toString());
}

/** A required field that no column gives; a column names a field at the top of the record. */
export function missingColumn(dataset: Dataset, names: readonly string[]): RowFault | undefined {
  const paths = new Set(names.map((name) => formatPattern([name])));
  const missing = dataset.required.find((path) => !paths.has(path));
  return missing === undefined
    ? undefined
    : { code: 'RECORD_MISSING_FIELD', byte: 0, path: missing };
}

/** The columns of a file by its header row, or why none of its rows can be treated. */
export function readHeader(
  dataset: Dataset,
  stage: Stage,
  header: CsvRow,
  subject: SubjectCell,
): { columns: readonly Column[] } | { fault: RowFault } {
  const fault = rowFault(header);
  if (fault !== undefined) return { fault };
  const names = columnNames(header);
  const columns = names.map((name) => column(dataset, stage, name, subject));
  if (unknownRule(stage, dataset) === 'fault') {
    const unknown = columns.findIndex(({ field }) => field === undefined);
    if (unknown >= 0)
      return {
        fault: {
          code: 'RECORD_UNKNOWN_FIELD',
          byte: cellAt(header, unknown).start,
          path: UNKNOWN,
        },
      };
  }
  const twice = secondSubject(dataset, header, columns);
  if (twice !== undefined) return { fault: twice };
  const missing = stage === 'open' ? undefined : missingColumn(dataset, names);
  return missing === undefined ? { columns } : { fault: missing };
}

/** Two columns say whom a row is about, so nobody knows. */
function secondSubject(
  { subject }: Dataset,
  header: CsvRow,
  columns: readonly Column[],
): RowFault | undefined {
  const first = columns.findIndex(({ path }) => path === subject);
  const second = columns.findLastIndex(({ path }) => path === subject);
  if (second === first || subject === undefined) return undefined;
  return { code: 'RECORD_DUPLICATE_FIELD', byte: cellAt(header, second).start, path: subject };
}

/** Longest line of column names. */
const COLUMNS_BYTES = 65_536;

/**
 * The names of the columns of a file that has no header row, from one line of CSV.
 *
 * Throws USAGE when they are none.
 */
export function columnsRow(line: string): CsvRow {
  const rows: CsvRow[] = [];
  const reader = new CsvReader(COLUMNS_BYTES);
  reader.push(Buffer.from(line), (row) => rows.push(row));
  reader.end((row) => rows.push(row));
  const [row, second] = rows;
  if (row === undefined || second !== undefined || rowFault(row) !== undefined)
    throw new SealstreamError(
      'USAGE',
      {},
      'Columns are one line of names with commas between them.',
    );
  return row;
}

/** The fault of columns that somebody named, as an error. */
export function columnsFault({ code, path }: RowFault): SealstreamError {
  return new SealstreamError('USAGE', { code, path }, 'The columns named do not fit the policy.');
}
