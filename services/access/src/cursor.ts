import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

/** Where a list goes on: opaque to whoever carries it. */
export const CursorText = z
  .string()
  .max(8192)
  .regex(/^[A-Za-z0-9_-]+$/)
  .describe('As the answer before gave it.');

export const ListQuery = z.object({
  cursor: CursorText.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export function cursorText(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/**
 * The place that a cursor names.
 *
 * @throws SealstreamError REQUEST_INVALID when it is none of this list's
 */
export function cursorPlace<P>(form: z.ZodType<P>, text: string | undefined): P | undefined {
  if (text === undefined) return undefined;
  try {
    return form.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    throw new SealstreamError('REQUEST_INVALID', { at: 'querystring/cursor' });
  }
}
