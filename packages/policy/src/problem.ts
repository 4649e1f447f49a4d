import { type ErrorCode, SealstreamError } from '@sealstream/contracts';

/** Something about a policy file: where it stands and what to do; lines and columns from 1. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The field's path, when the problem is about one. */
  readonly path?: string;
  readonly message: string;
}

/** One problem on one line, in the form that editors and terminals make clickable. */
export function formatProblem({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}: ${path === undefined ? '' : `${path}: `}${message}`;
}

/** A policy, or its tests, do not parse or break a rule; `problems` holds every one, in the file's order. */
export class PolicyError extends SealstreamError {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], code: ErrorCode = 'POLICY_INVALID') {
    super(code, { file, problems: problems.length }, problems.map(formatProblem).join('\n'));
    this.name = 'PolicyError';
    this.problems = problems;
  }
}
