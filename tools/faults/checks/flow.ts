import type { FlowView, OutputName } from '../flow-watch.ts';
import type { Partitions, RawRecord, SeenRecord } from '../seen-records.ts';
import type { SendLedger } from '../send-ledger.ts';

/** What may be wrong with a flow, each counted by itself. */
export const FLOW_FAULTS = ['lost', 'doubled', 'reordered', 'foreign', 'pending'] as const;
export type FlowFault = (typeof FLOW_FAULTS)[number];

/**
 * - lost: an outcome of a raw record that its stage has gone past without writing it, or a send that
 *   was acknowledged and is not in raw.
 * - doubled: an outcome or a raw record beyond the first.
 * - reordered: a record that comes after one of a later coordinate of its partition.
 * - foreign: a record that nobody sent, or that names no raw record.
 * - pending: an outcome that no stage has gone past yet; none once the flow is drained.
 */
export interface FlowFindings {
  readonly counts: Readonly<Record<FlowFault, number>>;
  /** The first few of each, by coordinate, for people. */
  readonly places: Readonly<Record<FlowFault, readonly string[]>>;
}

/** How far the stages have gone: the next offset of their source by partition. */
export interface Progress {
  readonly ingest: readonly number[];
  readonly mask: readonly number[];
  readonly encrypt: readonly number[];
}

const MOST_PLACES = 5;

class Findings {
  readonly counts: Record<FlowFault, number> = {
    lost: 0,
    doubled: 0,
    reordered: 0,
    foreign: 0,
    pending: 0,
  };
  readonly places: Record<FlowFault, string[]> = {
    lost: [],
    doubled: [],
    reordered: [],
    foreign: [],
    pending: [],
  };

  add(fault: FlowFault, place: string): void {
    this.counts[fault] += 1;
    if (this.places[fault].length < MOST_PLACES) this.places[fault].push(place);
  }
}

/** Raw against the ledger: acked sends are there, nothing else is but unknown ones, each once. */
function checkRaw(raw: Partitions<RawRecord>, ledger: SendLedger, findings: Findings): void {
  const found = new Set<number>();
  for (const [partition, records] of raw.entries()) {
    const last = new Map<number, number>();
    for (const { at, number, isGenuine } of records) {
      const place = `raw ${partition}/${at}`;
      const send = ledger.find(number);
      const isSent = send !== undefined && send.state !== 'failed' && send.partition === partition;
      if (!isGenuine || !isSent) {
        findings.add('foreign', place);
        continue;
      }
      if (found.has(number)) {
        findings.add('doubled', `${place}, number ${number}`);
        continue;
      }
      found.add(number);
      // Between two sessions there is no order: the last request of a killed one may come late.
      if (number < (last.get(send.session) ?? -1)) findings.add('reordered', place);
      last.set(send.session, number);
    }
  }
  for (let number = 0; number < ledger.next; number++) {
    const send = ledger.find(number);
    if (send?.state === 'acked' && !found.has(number))
      findings.add(
        'lost',
        `number ${number}, acknowledged at raw ${send.partition}/${send.offset}`,
      );
  }
}

/** One topic by coordinate: how often each stands there, and what is out of order or foreign. */
function tallied(
  name: string,
  topic: Partitions<SeenRecord>,
  known: readonly ReadonlySet<number>[],
  findings: Findings,
): Map<string, SeenRecord[]> {
  const tally = new Map<string, SeenRecord[]>();
  for (const [partition, records] of topic.entries()) {
    // Each stage writes in order; rejected has records of all three.
    const last = new Map<string, number>();
    for (const record of records) {
      const { at, source, stage } = record;
      const isKnown =
        source !== null && source.partition === partition && known[partition].has(source.offset);
      if (!isKnown) {
        findings.add('foreign', `${name} ${partition}/${at}`);
        continue;
      }
      const key = `${partition}/${source.offset}`;
      const before = tally.get(key) ?? [];
      const isFirst = before.every((other) => other.stage !== stage);
      tally.set(key, [...before, record]);
      if (!isFirst) continue;
      if (source.offset < (last.get(stage) ?? -1))
        findings.add('reordered', `raw ${key} at ${name} ${partition}/${at}`);
      else last.set(stage, source.offset);
    }
  }
  return tally;
}

/**
 * Judges what was read of a flow, by raw coordinates: each raw record has one outcome in each branch,
 * masked or rejected, encrypted or rejected; in order per partition; and none else is there.
 */
export function checkFlow(view: FlowView, ledger: SendLedger, progress: Progress): FlowFindings {
  const findings = new Findings();
  const { raw, outputs } = view;
  checkRaw(raw, ledger, findings);
  const known = raw.map((records) => new Set(records.map(({ at }) => at)));
  const tally = (name: OutputName) => tallied(name, outputs[name], known, findings);
  const [accepted, rejected] = [tally('accepted'), tally('rejected')];
  const branches = [
    ['mask', 'masked', tally('masked')],
    ['encrypt', 'encrypted', tally('encrypted')],
  ] as const;
  for (const [partition, records] of raw.entries())
    for (const { at } of records) {
      const key = `${partition}/${at}`;
      const [first, ...more] = accepted.get(key) ?? [];
      for (const { at: again } of more)
        findings.add('doubled', `raw ${key} at accepted ${partition}/${again}`);
      for (const [stage, name, written] of branches) {
        const refused = rejected.get(key) ?? [];
        const own = refused.filter((record) => record.stage === 'ingest' || record.stage === stage);
        const outcomes = [...(written.get(key) ?? []), ...own];
        for (const { at: again } of outcomes.slice(1))
          findings.add('doubled', `raw ${key} at ${name} ${partition}/${again}`);
        if (outcomes.length > 0) continue;
        const isPast =
          first === undefined
            ? at < progress.ingest[partition]
            : first.at < progress[stage][partition];
        const where = first === undefined ? 'neither accepted nor rejected' : `not in ${name}`;
        findings.add(isPast ? 'lost' : 'pending', `raw ${key}: ${where}`);
      }
    }
  return findings;
}
