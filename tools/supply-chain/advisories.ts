import type { AcceptedAdvisory } from './accepted-advisories.ts';
import { pnpm } from './pnpm.ts';

/** A known weakness of a version that is in the lock file. */
export interface Advisory {
  readonly id: string;
  readonly package: string;
  readonly severity: string;
  readonly title: string;
  /** Which of ours bring it. */
  readonly paths: readonly string[];
}

/** All others fail the audit: high, critical, and words that we do not know. */
const MILD = new Set(['info', 'low', 'moderate']);
const ACCEPTED_DAYS_MAX = 183;
const DAY_MS = 86_400_000;
const ID = /^GHSA(-[0-9a-z]{4}){3}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

interface Answer {
  /** Counts by severity, those among them that pnpm's own settings leave out of the list. */
  readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> };
  readonly advisories?: Readonly<
    Record<
      string,
      {
        readonly github_advisory_id?: string;
        readonly module_name?: string;
        readonly severity?: string;
        readonly title?: string;
        readonly findings?: readonly { readonly paths?: readonly string[] }[];
      }
    >
  >;
}

/**
 * Reads pnpm's report; undefined when it is none. What pnpm's own settings left out is one more advisory:
 * exceptions have a reason and an end here, and there they have neither.
 */
export function advisoriesIn(report: string): Advisory[] | undefined {
  let answer: Answer | null;
  try {
    answer = JSON.parse(report) as Answer | null;
  } catch {
    return undefined;
  }
  if (typeof answer?.advisories !== 'object') return undefined;
  const listed = Object.entries(answer.advisories).map(([number, one]) => ({
    id: one.github_advisory_id ?? number,
    package: one.module_name ?? 'unknown',
    // What says nothing of how bad it is counts as bad.
    severity: one.severity ?? 'critical',
    title: one.title ?? '',
    paths: (one.findings ?? []).flatMap(({ paths }) => paths ?? []),
  }));
  const counts = Object.values(answer.metadata?.vulnerabilities ?? {});
  const hidden = counts.reduce((total, count) => total + count, 0) - listed.length;
  const title = `${hidden} left out by auditConfig in pnpm-workspace.yaml`;
  const left = { id: 'none', package: 'unknown', severity: 'critical', title, paths: [] };
  return hidden > 0 ? [...listed, left] : listed;
}

/**
 * Asks the registry for what is known of our production dependencies. `unreachable`: why nothing is known.
 * Arguments are handed to pnpm, such as another registry.
 */
export async function knownAdvisories(
  args: readonly string[] = [],
): Promise<{ readonly advisories: readonly Advisory[] } | { readonly unreachable: string }> {
  const { stdout, stderr, code } = await pnpm(['audit', '--prod', '--json', ...args]);
  const advisories = code === 0 || code === 1 ? advisoriesIn(stdout) : undefined;
  if (advisories !== undefined) return { advisories };
  const said = /ERR_PNPM_\w+/.exec(`${stderr}${stdout}`)?.[0] ?? `pnpm ended with ${code}`;
  const status = /responded with\s+(\d{3})/.exec(`${stderr}${stdout}`)?.[1];
  return { unreachable: status === undefined ? said : `${said}, HTTP ${status}` };
}

/** What is wrong with the list of those that are accepted, on a day. */
export function wrongAcceptances(accepted: readonly AcceptedAdvisory[], today: Date): string[] {
  return accepted.flatMap(({ id, package: name, reason, expires }) => {
    const leftDays = (Date.parse(`${expires}T00:00:00Z`) - today.getTime()) / DAY_MS;
    if (!ID.test(id) || name === '') return [`${id}: is no advisory of a package`];
    if (reason.trim().length < 20) return [`${id}: says no reason`];
    if (!DAY.test(expires) || Number.isNaN(leftDays)) return [`${id}: expires on no day`];
    if (leftDays <= 0) return [`${id}: its time was over on ${expires}`];
    if (leftDays > ACCEPTED_DAYS_MAX) return [`${id}: is accepted for more than half a year`];
    return [];
  });
}

/** Severe ones that nobody accepted, as lines to read. */
export function findings(
  advisories: readonly Advisory[],
  accepted: readonly AcceptedAdvisory[],
): string[] {
  const known = new Set(accepted.map(({ id, package: name }) => `${id} ${name}`));
  return advisories
    .filter(({ severity }) => !MILD.has(severity))
    .filter(({ id, package: name }) => !known.has(`${id} ${name}`))
    .map(({ id, package: name, severity, title, paths }) => {
      return `${severity} ${name} ${id}: ${title} (${paths.slice(0, 3).join(', ')})`;
    });
}
