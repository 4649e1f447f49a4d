import { z } from 'zod';

/** Forms that several routes take. */

export const DatasetParams = z.object({
  dataset: z.string().min(1).max(100).describe('Name of a dataset of the policy.'),
});

export const Path = z
  .string()
  .min(1)
  .max(500)
  .describe("The policy's path pattern, such as /ssn, /contacts/*/email, #header/NAME or #key.");

/** It stands on the audit log for ever. */
export const Purpose = z.string().min(1).max(64).describe('One of the purposes of the policy.');
export const Reference = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\p{L}\p{N} ._:/#-]+$/u)
  .describe('Number of the case or ticket; it is kept for ever, so no value of a record.');

/** The header `sealstream` of a record: 25 bytes, or 27 on one that was replayed. */
export const SourceBytes = z
  .string()
  .regex(/^[A-Za-z0-9+/]{34}(==|[A-Za-z0-9+/]{2})$/)
  .describe(
    'Header sealstream of the record, in base64; for fields that are bound to their record.',
  );

/** The header `sealstream-subject` of a record: 16 bytes. */
export const SubjectBytes = z
  .string()
  .regex(/^[A-Za-z0-9+/]{22}==$/)
  .describe('Header sealstream-subject of the record, in base64; for fields that are of a person.');

export const VALUES_MAX = 1000;
export const TOKEN_CHARACTERS_MAX = 65_536;
export const VALUE_CHARACTERS_MAX = 8192;

/** A value that could not be given, and why. */
export const Refused = z.object({ code: z.string().describe('A code of docs/errors.md.') });

export function bytesOf(base64: string | undefined): Buffer | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}

/**
 * Text without control characters, to be shown on terminals and pages. As ranges: what reads the OpenAPI
 * document knows those, and not each the class Cc.
 */
// oxlint-disable-next-line no-control-regex -- they are what it keeps out
export const PRINTABLE = /^[^\u0000-\u001f\u007f-\u009f]*$/u;
