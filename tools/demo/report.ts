import type { ServiceName } from '@sealstream/contracts';
import { BAD_KINDS } from './bad-records.ts';
import type { CheckRun } from './check-run.ts';
import { type CheckName, checksOf, type Verdict } from './checks/check.ts';
import type { Load } from './load.ts';
import type { Measures } from './session.ts';

/** All that the closing table and the JSON object are made from. */
export interface Report {
  readonly run: CheckRun;
  readonly measures: Measures;
  readonly load: Pick<Load, 'examples' | 'generated' | 'bad'>;
  readonly topics: Readonly<
    Record<'raw' | 'accepted' | 'rejected' | 'masked' | 'encrypted', string>
  >;
  readonly servers: string;
  readonly seed: string;
  readonly seconds: number;
  /** The user's own servers: topics were read instead of segment files. */
  readonly isOwn: boolean;
  /** File of a service's log, or the folder of all. */
  readonly logOf: (service?: ServiceName) => string;
}

const number = (n: number) => n.toLocaleString('en-US');
const FIRST = 17;
const SECOND = 9;
const THIRD = 54;

function line(first: string, second: string, third: string, verdict?: Verdict): string {
  const mark = verdict === undefined ? '' : verdict.ok ? 'ok' : 'FAILED';
  const cells = ` ${first.padEnd(FIRST)} ${second.padStart(SECOND)}   ${third.padEnd(THIRD)} ${mark}`;
  return cells.trimEnd();
}

function failure(name: CheckName, verdict: Verdict, logOf: Report['logOf']): string[] {
  const { expected, seen, first, log } = verdict;
  return [
    ` FAILED: ${name}`,
    `   expected  ${expected}`,
    `   seen      ${seen}`,
    ...(first === undefined ? [] : [`   first     ${first}`]),
    `   log       ${logOf(log)}`,
  ];
}

function rows({ run, measures, load, topics, isOwn }: Report): string[] {
  const { verdicts, audit, plaintext } = run;
  const { examples, generated } = load;
  const more = load.bad.length;
  const kinds = BAD_KINDS.map(([, called, count]) => `${called} ${count}`).join(', ');
  const once = 'every source coordinate once, in order';
  const where = isOwn ? 'topics' : 'segments';
  const found = `where protected: ${number(plaintext.found)} found`;
  const all = plaintext.foundInRaw === plaintext.values;
  const inRaw = all ? 'all found (control)' : `${number(plaintext.foundInRaw)} found`;
  const { recordsPerSecond, latencyMsP50, latencyMsP99 } = measures;
  return [
    line('topic', 'records', ''),
    line(
      topics.raw,
      number(run.published),
      `${examples} example + ${number(generated)} generated + ${more} bad`,
    ),
    line(
      topics.accepted,
      number(run.accepted),
      `+ ${number(run.rejected)} rejected = raw`,
      verdicts.accepted,
    ),
    line(topics.rejected, number(run.rejected), kinds, verdicts.rejected),
    line(topics.masked, number(run.masked), once, verdicts.masked),
    line(topics.encrypted, number(run.encrypted), once, verdicts.encrypted),
    line('', '', 'every record opened again, equal to raw', verdicts.opened),
    line(
      'audit log',
      number(audit.entries),
      'ranges join without a gap; signatures verified',
      verdicts['audit log'],
    ),
    line(
      'plaintext',
      number(plaintext.values),
      `values searched in ${where}, logs, metrics, temp files`,
    ),
    line('', '', `in raw: ${inRaw}   ${found}`, verdicts.plaintext),
    line('alert', '', `throughput stopped: ${verdicts.alert.seen}`, verdicts.alert),
    ...secureRows(verdicts),
    line('latency', '', `raw to masked at 2,000/s: p50 ${latencyMsP50} ms, p99 ${latencyMsP99} ms`),
    line('rate', '', `raw to masked and encrypted: ${number(recordsPerSecond)} records/s`),
  ];
}

/** Of a demo whose every link is on TLS. */
function secureRows(verdicts: CheckRun['verdicts']): string[] {
  const { 'every link on TLS': links, 'wrong user': user } = verdicts;
  return [
    ...(links === undefined ? [] : [line('every link on TLS', '', links.seen, links)]),
    ...(user === undefined ? [] : [line('wrong user', '', user.seen, user)]),
  ];
}

/** What is not known on servers of others. */
const OWN_LINES = [
  " Plaintext was searched for by reading the topics: your brokers' segment files and the logs of",
  ' your servers are out of reach, so aborted records were not seen.',
  '',
];

/** The closing table, without the line about what was kept. */
export function tableLines(report: Report): string[] {
  const { verdicts } = report.run;
  const checks = checksOf(verdicts);
  const failed = checks.filter(([, { ok }]) => !ok);
  return [
    `Sealstream demo · people · ${report.servers} · ${Math.round(report.seconds)} s`,
    '',
    ...rows(report),
    '',
    ...failed.flatMap(([name, verdict]) => [...failure(name, verdict, report.logOf), '']),
    ...(report.isOwn ? OWN_LINES : []),
    ` ${checks.length - failed.length} of ${checks.length} checks passed.`,
  ];
}

/** The same as one JSON object. */
export function jsonOf(report: Report): Readonly<Record<string, unknown>> {
  const { run, measures, seed, seconds } = report;
  const { alert, ...figures } = measures;
  const { verdicts, audit, plaintext, ...counts } = run;
  return {
    ...counts,
    balanced: verdicts.accepted.ok,
    opened: verdicts.opened.ok,
    auditEntries: audit.entries,
    auditVerified: verdicts['audit log'].ok,
    plaintextValues: plaintext.values,
    plaintextFound: plaintext.found,
    plaintextFoundInRaw: plaintext.foundInRaw,
    alertsFired: alert.fired,
    alertsResolved: alert.resolved,
    alertFiredAfterMs: Math.round(alert.firedAfterMs ?? -1),
    alertResolvedAfterMs: Math.round(alert.resolvedAfterMs ?? -1),
    ...figures,
    seed,
    seconds: Math.round(seconds),
    checks: checksOf(verdicts).map(([name, verdict]) => {
      const { ok, expected, seen, first, log } = verdict;
      if (ok) return { name, ok };
      return { name, ok, expected, seen, first, log: report.logOf(log) };
    }),
  };
}
