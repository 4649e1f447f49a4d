import type { FinalFindings } from './final-checks.ts';
import type { FaultTally } from './fault-tally.ts';
import { KIND_NAMES } from './kinds.ts';
import type { FaultsOptions } from './options.ts';
import { WHOLE_DECK_ROUNDS, wordsOf } from './plan.ts';
import { REQUEST_NAMES } from './requests.ts';
import type { SendLedger } from './send-ledger.ts';
import type { UnaskedEnd } from './supervised-service.ts';

/** A run that came to its end, whatever was found. */
export interface Report {
  readonly options: FaultsOptions;
  readonly brokers: number;
  /** Rounds that were run; fewer than planned after a finding. */
  readonly rounds: number;
  readonly findings: FinalFindings;
  readonly tally: FaultTally;
  readonly ledger: SendLedger;
  readonly records: number;
  readonly unasked: readonly UnaskedEnd[];
  readonly kcatRestarts: number;
  readonly seconds: number;
}

/** Everything that has to be 0. */
export function zeroes({ findings }: Report) {
  const { audit, flow, kcat, leaks, reader } = findings;
  return {
    ...flow.counts,
    leaked: leaks.leaked,
    blind: leaks.blind,
    auditFindings: audit.count,
    kcatDisagreements: kcat.count,
    readerDisagreements: reader.count,
  };
}

/** What else makes a run worthless: a kind that the plan promises and nobody saw. */
export function kindsMissed({ options, rounds, tally }: Report): string[] {
  if (rounds < WHOLE_DECK_ROUNDS) return [];
  return KIND_NAMES.filter((kind) => options.kinds.includes(kind) && tally.injected[kind] === 0);
}

export function isClean(report: Report): boolean {
  return (
    Object.values(zeroes(report)).every((count) => count === 0) && kindsMissed(report).length === 0
  );
}

/** How often each service ended by itself. */
function endsOf(unasked: readonly UnaskedEnd[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { service, code } of unasked) {
    const name = `${service} (${code ?? 'signal'})`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** The last line of `--json`. */
export function jsonOf(report: Report): Record<string, unknown> {
  const { brokers, findings, ledger, options, records, rounds, seconds, tally } = report;
  const { audit, kcat, leaks, outcomes } = findings;
  const { acked, failed, sent, unknown } = ledger.counts();
  return {
    rounds,
    records,
    seed: options.seed,
    client: options.client,
    brokers,
    ...zeroes(report),
    faultsInjected: tally.injected,
    lostAnswers: tally.lostAnswers,
    cameToNothing: tally.missed.map(wordsOf),
    sends: { acked, failed, unknown: unknown + sent },
    outcomes,
    kcat: { records: kcat.records, restarts: report.kcatRestarts },
    audit: { entries: audit.entries },
    searched: { values: leaks.values, bytes: leaks.bytes },
    endedUnasked: endsOf(report.unasked),
    seconds: Math.round(seconds),
  };
}

const said = (count: number) => count.toLocaleString('en-US');

/** The closing table. */
export function tableLines(report: Report): string[] {
  const { findings, ledger, options, records, rounds, tally } = report;
  const { audit, kcat, leaks, outcomes } = findings;
  const { acked, failed, unknown } = ledger.counts();
  const row = (name: string, text: string) => ` ${name.padEnd(12)} ${text}`;
  const done = KIND_NAMES.filter((kind) => tally.injected[kind] > 0);
  const found = Object.entries(zeroes(report)).filter(([, count]) => count > 0);
  return [
    row('rounds', `${rounds}, seed ${options.seed}, ${Math.round(report.seconds)} s`),
    row('faults', done.map((kind) => `${kind} ${tally.injected[kind]}`).join(', ')),
    row('sends', `${said(acked)} acknowledged, ${said(failed)} refused, ${said(unknown)} unknown`),
    row('raw', `${said(records)} records`),
    row(
      'outcomes',
      `${said(outcomes.masked)} masked, ${said(outcomes.encrypted)} encrypted, ` +
        `${said(outcomes.rejected)} rejected`,
    ),
    row('kcat', `${said(kcat.records)} records read with read_committed meanwhile`),
    row('audit log', `${said(audit.entries)} entries`),
    row('searched', `${said(leaks.values)} values in ${said(Math.round(leaks.bytes / 1e6))} MB`),
    row(
      'found',
      found.length === 0 ? 'nothing' : found.map(([name, count]) => `${name} ${count}`).join(', '),
    ),
  ];
}

/** What was found, where, and how to see it again; nothing when nothing was. */
export function findingLines(report: Report, logs: string): string[] {
  const { findings, options, rounds } = report;
  const { audit, flow, kcat, leaks, reader } = findings;
  const lines: string[] = [];
  for (const [fault, places] of Object.entries(flow.places))
    if (places.length > 0) lines.push(`${fault}: ${places.join('; ')}`);
  if (audit.first !== undefined) lines.push(`audit log: ${audit.first}`);
  if (kcat.first !== undefined) lines.push(`kcat: ${kcat.first}`);
  if (reader.first !== undefined) lines.push(`our reader: ${reader.first}`);
  if (leaks.first !== undefined) lines.push(`plaintext: ${leaks.first}`);
  const missed = kindsMissed(report);
  if (missed.length > 0) lines.push(`never done: ${missed.join(', ')}`);
  if (lines.length === 0) return [];
  const again = `npm run faults -- ${againOptions(options)}`;
  return [...lines, `found by round ${rounds}; again: ${again}`, `logs and audit log: ${logs}`];
}

/** What makes the same run again. */
function againOptions(options: FaultsOptions): string {
  const { client, isShort, kinds, perSecond, requests, rounds, seed } = options;
  const words = [`--rounds ${rounds}`, `--seed ${seed}`, `--rate ${perSecond}`];
  if (kinds.length < KIND_NAMES.length) words.push(`--kinds ${kinds.join(',')}`);
  if (requests.length < REQUEST_NAMES.length) words.push(`--answers ${requests.join(',')}`);
  if (client === 'stock') words.push('--client stock');
  if (isShort) words.push('--short');
  return words.join(' ');
}
