import { type ErrorCode, type ErrorPlace, ERRORS, SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import type { PlainAnswer } from './access-request.ts';

/** Problem details (RFC 9457), as far as they are told on. */
const Problem = z.object({
  code: z.string(),
  detail: z.string().optional(),
  place: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  requestId: z.string(),
});

const TEXT_CHARACTERS_MAX = 1000;
const UNPRINTABLE = /\p{Cc}/gu;

/** An answer that says no, as the error that it tells of: its code, its hint, and the id of the request. */
export function problemError({ status, text }: PlainAnswer): SealstreamError {
  const read = Problem.safeParse(jsonOf(text));
  if (!read.success) return new SealstreamError('ACCESS_ANSWER_UNKNOWN', { status });
  const { code, detail, place = {}, requestId } = read.data;
  const request = plain(requestId);
  if (!isCode(code))
    return new SealstreamError('ACCESS_ANSWER_UNKNOWN', { status, code: plain(code), request });
  const shown: ErrorPlace = Object.fromEntries(
    Object.entries(place).map(([name, value]) => [
      plain(name),
      typeof value === 'string' ? plain(value) : value,
    ]),
  );
  return new SealstreamError(code, { ...shown, request }, hintOf(code, detail, place));
}

/** The JSON of an answer; undefined for what is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** What one does next, in words of the command where it has some of its own. */
function hintOf(
  code: ErrorCode,
  detail: string | undefined,
  place: Readonly<Record<string, string | number>>,
): string | undefined {
  const { approval } = place;
  if (code === 'APPROVAL_NEEDED' && approval !== undefined) {
    const id = plain(String(approval));
    const other = `sealstream approvals approve ${id}`;
    return `Another person runs: ${other}; then run this again with --approval ${id}.`;
  }
  if (code === 'VERSION_CHANGED') return 'Look at it again with `sealstream users show`.';
  if (code === 'OWN_PASSWORD_NEEDED') return 'Set an own one first: sealstream users set-password.';
  return detail === undefined ? undefined : plain(detail);
}

/** It goes to a terminal, and comes from elsewhere. */
function plain(text: string): string {
  return text.replaceAll(UNPRINTABLE, ' ').slice(0, TEXT_CHARACTERS_MAX);
}

/** A code that stands in a row of an answer. */
export function codeOf(code: string): ErrorCode {
  return isCode(code) ? code : 'ACCESS_ANSWER_UNKNOWN';
}
