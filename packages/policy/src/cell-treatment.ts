import type { RejectCode } from '@sealstream/contracts';
import {
  type FieldCipher,
  fieldCipher,
  type KeySource,
  looksLikeToken,
  type PlainType,
  type SealMethod,
} from '@sealstream/crypto';
import { type MaskAction, maskAction } from '@sealstream/masking';
import {
  ByteWriter,
  CELL,
  firstInvalidUtf8,
  jsonKind,
  KIND,
  type ValueType,
  undoubleQuotes,
  unescapeJson,
  writeCsvCell,
} from '@sealstream/records';
import type { Dataset, Field } from './dataset.ts';
import type { Stage } from './field-stage.ts';
import type { SubjectCell } from './subject-cell.ts';

/** One cell of a row: how it stands, and where its inside is. */
export interface Cell {
  readonly row: Buffer;
  readonly form: number;
  readonly start: number;
  readonly end: number;
}

/** Writes what a cell becomes, or tells why it cannot. `text` is what the cell stands for. */
export type CellTreatment = (
  cell: Cell,
  text: Buffer,
  out: ByteWriter,
  keys: KeySource,
) => RejectCode | undefined;

const QUOTE = 0x22;
const result = new ByteWriter();
const scratch = new ByteWriter();

/** The text of a cell; a view that is valid until the next cell is read. */
export function cellText({ row, form, start, end }: Cell): Buffer {
  if (form !== CELL.doubled) return row.subarray(start, end);
  scratch.reset();
  undoubleQuotes(row, start, end, scratch);
  return scratch.bytes.subarray(0, scratch.length);
}

/** Writes a cell as it stands, its quotes included. */
export function copyCell({ row, form, start, end }: Cell, out: ByteWriter): void {
  const quotes = form === CELL.plain ? 0 : 1;
  out.copy(row, start - quotes, end + quotes);
}

const SPACE = 0x20;

/** Whether this text is a JSON number, or the word true or false, with nothing around it. */
export function isScalarText(text: Buffer, type: ValueType): boolean {
  if (type === 'string') return true;
  if (text.length === 0 || text[0] <= SPACE || text[text.length - 1] <= SPACE) return false;
  return jsonKind(text) === KIND[type];
}

/** CSV has no null: an empty cell without quotes is one, where the field may be absent. */
export function isNullCell(cell: Cell, field: Field): boolean {
  if (cell.form !== CELL.plain || cell.start !== cell.end) return false;
  return !field.required || !field.types.includes('string');
}

function fixed(constant: string | number | boolean | null): CellTreatment {
  const bytes = Buffer.from(constant === null ? '' : String(constant));
  return ({ form }, _text, out) => {
    writeCsvCell(out, form, bytes);
    return undefined;
  };
}

function rewritten(action: MaskAction & { does: 'rewrite' }, field: Field): CellTreatment {
  return (cell, text, out, keys) => {
    // Null, in which there is nothing to hide, stays null.
    if (isNullCell(cell, field)) return undefined;
    result.reset();
    if (!action.rewrite(text, 0, text.length, result, keys)) return 'RECORD_VALUE_UNFIT';
    writeCsvCell(out, cell.form, result.bytes, 0, result.length);
    return undefined;
  };
}

/** The token stands inside the quotes that were there; doubled quotes are sealed as they stand. */
function sealed(cipher: FieldCipher): CellTreatment {
  return ({ row, form, start, end }, _text, out, keys) => {
    const type = form === CELL.doubled ? 'csv-quoted' : 'string';
    const token = cipher.seal(keys, type, row.subarray(start, end));
    if (form !== CELL.plain) out.byte(QUOTE);
    out.copy(token);
    if (form !== CELL.plain) out.byte(QUOTE);
    return undefined;
  };
}

function writeOpened(out: ByteWriter, form: number, type: PlainType, plain: Buffer): void {
  result.reset();
  const kind = type === 'json' ? jsonKind(plain) : 0;
  if (type === 'csv-quoted') {
    undoubleQuotes(plain, 0, plain.length, result);
    writeCsvCell(out, CELL.quoted, result.bytes, 0, result.length);
  } else if (kind === KIND.string || kind === KIND.escaped) {
    unescapeJson(plain, 1, plain.length - 1, result);
    writeCsvCell(out, form, result.bytes, 0, result.length);
  } else if (type === 'null') {
    writeCsvCell(out, form, plain, 0, 0);
  } else {
    writeCsvCell(out, form, plain);
  }
}

function opened(cipher: FieldCipher): CellTreatment {
  return ({ form }, text, out, keys) => {
    // A plain value where a sealed one belongs did not come from encrypt.
    if (!looksLikeToken(text)) return 'RECORD_NOT_AUTHENTIC';
    const { type, plain } = cipher.open(keys, text);
    if (firstInvalidUtf8(plain) >= 0) return 'RECORD_NOT_AUTHENTIC';
    writeOpened(out, form, type, plain);
    return undefined;
  };
}

const onlyEmpty: CellTreatment = ({ form }, text, out) => {
  if (text.length > 0) return 'RECORD_NOT_AUTHENTIC';
  writeCsvCell(out, form, text);
  return undefined;
};

/** What a stage does to the cells of a field; undefined when they stay, or are left out. */
export function cellTreatment(
  dataset: Dataset,
  field: Field,
  stage: Stage,
  subject: SubjectCell,
): CellTreatment | undefined {
  if (stage === 'mask') {
    const { path } = field;
    const action = maskAction(field.mask, {
      dataset: dataset.name,
      path,
      subject,
      goesWithSubject: field.maskGoesWithSubject,
    });
    if (action.does === 'fixed') return fixed(action.value);
    return action.does === 'rewrite' ? rewritten(action, field) : undefined;
  }
  if (field.encrypt === 'seal') return unknownCellTreatment(dataset, field.path, stage, field.seal);
  if (field.encrypt !== 'null') return undefined;
  return stage === 'encrypt' ? fixed(null) : onlyEmpty;
}

/** What a stage does to a cell that it seals or opens under this pattern. */
export function unknownCellTreatment(
  dataset: Dataset,
  pattern: string,
  stage: 'encrypt' | 'open',
  method: SealMethod = dataset.unknownSeal,
): CellTreatment {
  const cipher = fieldCipher(dataset.name, pattern, method);
  return stage === 'encrypt' ? sealed(cipher) : opened(cipher);
}
