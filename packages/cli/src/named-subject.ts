import type { WhoIsMeant } from './access/remote-subjects.ts';
import type { Context } from './context.ts';
import { requireIndex, type SubjectOptions } from './subject-options.ts';
import { subjectValue } from './subject-value.ts';

/**
 * Does something with whom the options name, by index or by the value, which is zeroed after it.
 *
 * @throws SealstreamError USAGE, FILE_UNREADABLE, and what the work throws
 */
export async function withNamedSubject<T>(
  { terminal }: Context,
  { index, valueFile }: SubjectOptions,
  work: (who: WhoIsMeant) => Promise<T>,
): Promise<T> {
  if (index !== undefined) return work({ index: requireIndex(index) });
  const value = await subjectValue(terminal, valueFile);
  try {
    return await work({ value });
  } finally {
    value.fill(0);
  }
}
