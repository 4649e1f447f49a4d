import { type ErrorCode, ERRORS, type ErrorPlace, SealstreamError } from '@sealstream/contracts';

import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** Codes whose class alone does not say how the command ends. */
const EXIT_OF: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  ACCOUNT_CONFLICT: EXIT.finding,
  ACCOUNT_UNREADABLE: EXIT.finding,
  // Nothing is wrong with the command line: it waits for a second person.
  APPROVAL_NEEDED: EXIT.finding,
  AUDIT_LOG_CORRUPT: EXIT.finding,
  AUDIT_CHECKPOINT_STALE: EXIT.finding,
  KEYSET_BAD_SIGNATURE: EXIT.finding,
  KEYSET_CONFLICT: EXIT.finding,
  KEYSET_ROLLED_BACK: EXIT.finding,
  KEYSET_UNREADABLE: EXIT.finding,
  OFFSETS_LOST: EXIT.finding,
  VERSION_CHANGED: EXIT.finding,
  INTERNAL: EXIT.finding,
  SERVER_MISSING: EXIT.missing,
};

/** Exit code of an error of ours. */
export function exitCodeOf(error: SealstreamError): ExitCode {
  const { class: kind } = ERRORS[error.code];
  const byClass = { record: EXIT.finding, terminal: EXIT.usage, retryable: EXIT.missing };
  return EXIT_OF[error.code] ?? byClass[kind];
}

/** What mends an error at a command, where that is not what mends it at a service. */
const MEND: Readonly<Partial<Record<ErrorCode, string>>> = {
  CONFIG_INVALID: 'The settings of the command stand at the end of `sealstream --help`.',
};

/** Errors of the file system that tell about a path the user gave. */
const FILE_ERRORS = new Set([
  'EACCES',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOSPC',
  'ENOTDIR',
  'EPERM',
  'EROFS',
]);

/**
 * Any error as one of ours. A foreign one gives its name or code only: messages quote input.
 */
export function asOurs(error: unknown): SealstreamError {
  if (error instanceof SealstreamError) return error;
  const code = textOf(error, 'code');
  const file = textOf(error, 'path');
  if (code === 'EEXIST') return new SealstreamError('FILE_EXISTS', { file });
  if (FILE_ERRORS.has(code ?? '')) return new SealstreamError('FILE_UNREADABLE', { file, code });
  const refusal = textOf(error, 'type');
  if (refusal !== undefined && /^[A-Z_0-9]+$/.test(refusal))
    return new SealstreamError('SERVER_MISSING', { broker: refusal }, BROKER_MEND);
  const name = error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'unknown';
  return new SealstreamError('INTERNAL', { error: name, code });
}

const BROKER_MEND = 'The broker refused; its word says why: check rights and topic settings.';

function textOf(error: unknown, field: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' ? value : undefined;
}

/** One problem of several behind one error, such as a policy's findings. */
interface Problem {
  readonly line: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Tells an error on stderr: what it consists of, a line each, then one line with the mend. */
export function tellFailure(terminal: Terminal, error: SealstreamError): void {
  const problems = problemsOf(error);
  for (const { fields, line } of problems) terminal.note(line, fields);
  const { code, place } = error;
  // The message of an error with several problems repeats them all.
  const isOwn = problems.length === 0 && error.mend !== ERRORS[code].mend;
  const { mend, message } = isOwn ? error : new SealstreamError(code, place, MEND[code]);
  const text = message.slice(code.length + 2).replaceAll(/\s*\n\s*/g, ' ');
  terminal.note(`${terminal.paintErr('red', code)}: ${text}`, { error: code, place, mend });
}

/** PolicyError and ConfigError carry a list of problems. */
function problemsOf(error: SealstreamError): Problem[] {
  const problems: unknown = Reflect.get(error, 'problems');
  if (!Array.isArray(problems)) return [];
  return problems.map((problem: ErrorPlace) => {
    const { column, file, line, message, path, problem: what, setting } = problem;
    const where = setting ?? [file, line, column].filter((part) => part !== undefined).join(':');
    const subject = path === undefined ? '' : `${path}: `;
    return { line: `${where}: ${subject}${message ?? what}`, fields: { ...problem } };
  });
}
