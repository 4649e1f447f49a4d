import type { AcceptedAdvisory } from './accepted-advisories.ts';
import { findings, knownAdvisories, wrongAcceptances } from './advisories.ts';

/** What an audit came to. */
export interface AuditOutcome {
  /** 0 nothing found, 1 something is, 3 the registry did not say what is known. */
  readonly code: 0 | 1 | 3;
  readonly lines: readonly string[];
}

/** Audits the production dependencies of the lock file. Arguments are handed to pnpm. */
export async function audit(
  accepted: readonly AcceptedAdvisory[],
  today: Date,
  args: readonly string[] = [],
): Promise<AuditOutcome> {
  const wrong = wrongAcceptances(accepted, today);
  const known = await knownAdvisories(args);
  if ('unreachable' in known) {
    const line = `NOT CHECKED: the registry gives no advisories (${known.unreachable})`;
    return { code: wrong.length > 0 ? 1 : 3, lines: [...wrong, line] };
  }
  const found = findings(known.advisories, accepted);
  const total = `${known.advisories.length} known, ${found.length} of them severe and not accepted`;
  return { code: found.length + wrong.length > 0 ? 1 : 0, lines: [...wrong, ...found, total] };
}
