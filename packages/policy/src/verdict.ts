import { ERRORS, type RejectCode, SealstreamError } from '@sealstream/contracts';

/** Why a record was refused: where, never what. */
export interface Refusal {
  readonly ok: false;
  readonly code: RejectCode;
  /** Byte offset in the record's value. */
  readonly byte?: number;
  /** The policy's path pattern, never a name that the record brought. */
  readonly path?: string;
}

/** What became of one record. */
export type Verdict = { readonly ok: true; readonly value: Buffer } | Refusal;

function isRejectCode(code: SealstreamError['code']): code is RejectCode {
  return ERRORS[code].class === 'record';
}

/**
 * The code of an error that is one record's own fault. Anything else, such as a key source that has
 * no key, is thrown on: then no record may pass and none is to blame.
 */
export function recordFault(error: unknown): RejectCode {
  if (error instanceof SealstreamError && isRejectCode(error.code)) return error.code;
  throw error;
}
