import { createReadStream, statSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';
import { fileFormat } from '@sealstream/policy';
import { Argument, Option } from 'commander';

import type { Terminal } from './terminal.ts';

export type FileFormat = 'csv' | 'ndjson';

/** A file, or stdin when the name is `-` or absent. */
export interface FileInput {
  /** For findings; `-` is stdin. */
  readonly name: string;
  /** 0 when it is not known, as of a pipe. */
  readonly sizeBytes: number;
  readonly chunks: AsyncIterable<Buffer>;
}

/** Enough to step over any blank lines that a file could sensibly begin with. */
const BEGINNING_BYTES_MAX = 1024 * 1024;
const BLANK = /^[\s\u00ef\u00bb\u00bf]*$/;

export function fileArgument(): Argument {
  return new Argument('[file]', 'the file (default: -, which is stdin)');
}

export function formatOption(): Option {
  return new Option(
    '--format <format>',
    'ndjson or csv (default: NDJSON when the first non-blank character is {, else CSV)',
  ).choices(['ndjson', 'csv']);
}

export interface ColumnsOptions {
  readonly columns?: string;
}

export function columnsOption(): Option {
  return new Option(
    '--columns <names>',
    'names of the columns of a CSV file without a header row, with commas between them',
  );
}

/** @throws SealstreamError USAGE for columns of what is no CSV */
export function columnsOf({ columns }: ColumnsOptions, format: FileFormat): string | undefined {
  if (columns === undefined || format === 'csv') return columns;
  throw new SealstreamError(
    'USAGE',
    { option: '--columns' },
    'Only CSV has columns: --format csv.',
  );
}

/** @throws SealstreamError FILE_UNREADABLE before anything is read */
export function openFile(terminal: Terminal, file = '-'): FileInput {
  if (file === '-')
    return { name: '-', sizeBytes: 0, chunks: terminal.stdin as AsyncIterable<Buffer> };
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory())
    throw new SealstreamError('FILE_UNREADABLE', { file });
  return { name: file, sizeBytes: found.size, chunks: createReadStream(file) };
}

/** A file whose format is known, given again from its beginning. */
export interface FormattedInput {
  readonly format: FileFormat;
  readonly chunks: AsyncIterable<Buffer>;
}

/** What was asked for wins; else the first character that is not blank tells. */
export async function withFormat(
  { chunks }: FileInput,
  asked: FileFormat | undefined,
): Promise<FormattedInput> {
  if (asked !== undefined) return { format: asked, chunks };
  const iterator = chunks[Symbol.asyncIterator]();
  const begun: Buffer[] = [];
  let sizeBytes = 0;
  let isOver = false;
  while (!isOver && sizeBytes < BEGINNING_BYTES_MAX) {
    const { done, value } = await iterator.next();
    isOver = done === true;
    if (value === undefined) break;
    begun.push(value);
    sizeBytes += value.length;
    if (!BLANK.test(value.toString('latin1'))) break;
  }
  const beginning = Buffer.concat(begun);
  return {
    format: fileFormat(beginning),
    chunks: resumed(beginning, isOver ? undefined : iterator),
  };
}

async function* resumed(
  beginning: Buffer,
  rest: AsyncIterator<Buffer> | undefined,
): AsyncGenerator<Buffer> {
  if (beginning.length > 0) yield beginning;
  if (rest === undefined) return;
  for (;;) {
    const { done, value } = await rest.next();
    if (done === true) return;
    yield value;
  }
}
