import { SealstreamError } from '@sealstream/contracts';
import { isSubjectIndex } from '@sealstream/key-care';
import { Argument, Option } from 'commander';

import type { DatasetOptions, KeyOptions } from './options.ts';

/** Options of the commands about subjects of one dataset. */
export interface SubjectsOptions extends KeyOptions {
  readonly dataset: string;
  readonly epochDir?: string;
}

/** Options of the commands about one subject. */
export interface SubjectOptions extends SubjectsOptions, DatasetOptions {
  readonly index?: string;
  readonly valueFile?: string;
}

const HOW_TO_NAME = 'A value goes to stdin or into a file for --value-file.';

export function epochDirOption(): Option {
  return new Option(
    '--epoch-dir <dir>',
    'directory of the epoch keys (default: SEALSTREAM_EPOCH_DIR, else epochs beside the key directory)',
  );
}

/** Who is meant, without a value on the command line, where other users of the machine see it. */
export function subjectOptions(): Option[] {
  return [
    new Option(
      '--value-file <file>',
      "the value of the dataset's subject field; one line end after it does not count " +
        '(default: -, which is stdin)',
    ),
    new Option('--index <index>', "the subject's index instead of its value").conflicts(
      'valueFile',
    ),
  ];
}

/** Taken so that it can be refused: the parser would repeat it, and it may be a value. */
export function noValueArgument(): Argument {
  return new Argument('[value...]', 'refused, since others on this machine would see it');
}

/** @throws SealstreamError USAGE when a value was given on the command line */
export function refuseValue(given: readonly string[]): void {
  if (given.length > 0)
    throw new SealstreamError('USAGE', { arguments: given.length }, HOW_TO_NAME);
}

/**
 * Checks an index that was given. Not done by the parser, which repeats what it refuses: that may be
 * a value.
 *
 * @throws SealstreamError USAGE
 */
export function requireIndex(text: string): string {
  if (isSubjectIndex(text)) return text;
  throw new SealstreamError(
    'USAGE',
    { option: '--index' },
    `An index is 22 characters of base64url. ${HOW_TO_NAME}`,
  );
}
