import { join } from 'node:path';
import { parseVerifierKey } from '@sealstream/crypto';
import { openCheckpoint, type TreeHead } from './checkpoint.ts';
import { Continuity, OWN_SOURCE } from './continuity.ts';
import { decodeEntry } from './entry.ts';
import { byPlace, type Finding, isAboutEvents } from './finding.ts';
import { ownHeartbeat } from './heartbeat.ts';
import { readJournal } from './journal.ts';
import { CHECKPOINT_FILE, JOURNAL_FILE, readIfThere } from './log-files.ts';
import { bundleCount, verifyOtherFiles } from './verify-files.ts';
import { TILE_WIDTH } from './tile-path.ts';
import { TreeCheck } from './verify-tree.ts';

export interface VerifyOptions {
  /** A signed checkpoint kept from before: finds rollback and fork. */
  readonly olderCheckpoint?: Uint8Array;
  /** The last heartbeat may be this old. */
  readonly maxAgeMs?: number;
  /** Milliseconds since 1970; the clock's when absent. */
  readonly now?: number;
  /** Told after each bundle how many entries are done. */
  readonly onProgress?: (entries: number, size: number) => void;
}

/** What verification says about a log. */
export interface VerifyReport {
  /** intact and complete. */
  readonly ok: boolean;
  /** Nothing was changed, removed, reordered; no older checkpoint speaks against it. */
  readonly intact: boolean;
  /** The events join: no gap, no repeat, nothing invalid. Says little when not intact. */
  readonly complete: boolean;
  /** Of the checkpoint; null when there is none that can be read. */
  readonly origin: string | null;
  readonly size: number;
  /** Hex. */
  readonly root: string | null;
  /** Time of the newest heartbeat (RFC 3339): the log was complete and signed then. */
  readonly heartbeat: string | null;
  /** From that heartbeat to now. */
  readonly ageMs: number | null;
  /** Size of the older checkpoint, when one was given and its signature holds. */
  readonly olderSize: number | null;
  /** Entries by topic; those of the log's own writer under `log`. */
  readonly entries: Readonly<Record<string, number>>;
  /** Events that came twice with the same bytes, which is allowed. */
  readonly resent: number;
  /** Entries and files on disk that no checkpoint covers yet. */
  readonly unsignedEntries: number;
  readonly filesBeyond: number;
  /** The first ones found, in this order: the log itself, then its events. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

const FINDINGS_MAX = 100;
/** Clocks may differ so much before a heartbeat from the future is a finding. */
const CLOCK_SKEW_MS = 60_000;

class Report {
  readonly findings: Finding[] = [];
  readonly entries: Record<string, number> = {};
  aboutLog = 0;
  aboutEvents = 0;
  heartbeat: string | null = null;
  olderSize: number | null = null;
  resent = 0;
  unsignedEntries = 0;
  filesBeyond = 0;

  add(...findings: readonly Finding[]): void {
    for (const finding of findings) {
      if (isAboutEvents(finding)) this.aboutEvents += 1;
      else this.aboutLog += 1;
      // Findings about the log never lose their place to findings about events.
      const kept = this.findings.filter((one) => isAboutEvents(one) === isAboutEvents(finding));
      if (kept.length < FINDINGS_MAX) this.findings.push(finding);
    }
  }

  result(head: TreeHead | null, now: number): VerifyReport {
    const log = this.findings.filter((one) => !isAboutEvents(one)).sort(byPlace);
    const events = this.findings.filter(isAboutEvents);
    return {
      ok: this.aboutLog + this.aboutEvents === 0,
      intact: this.aboutLog === 0,
      complete: this.aboutEvents === 0,
      origin: head?.origin ?? null,
      size: head?.size ?? 0,
      root: head?.root.toString('hex') ?? null,
      heartbeat: this.heartbeat,
      ageMs: this.heartbeat === null ? null : now - Date.parse(this.heartbeat),
      olderSize: this.olderSize,
      entries: this.entries,
      resent: this.resent,
      unsignedEntries: this.unsignedEntries,
      filesBeyond: this.filesBeyond,
      findings: [...log, ...events].slice(0, FINDINGS_MAX),
      findingCount: this.aboutLog + this.aboutEvents,
    };
  }
}

/**
 * Verifies a log directory, or a copy of one, with nothing but the public key: the signature, every
 * entry, every tile and the files around them, then what the events themselves say.
 *
 * What a public key alone proves: nothing under the checkpoint was changed, removed or reordered.
 * That the whole log was not rolled back to an older state, or replaced by another one signed with
 * the same key, shows only against a checkpoint kept elsewhere.
 *
 * @throws FILE_UNREADABLE, KEY_FILE_INVALID for the key; everything wrong with the log is a finding
 */
export async function verifyLog(
  dir: string,
  vkey: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const verifier = parseVerifierKey(vkey);
  const now = options.now ?? Date.now();
  const report = new Report();
  const note = await readIfThere(join(dir, CHECKPOINT_FILE));
  if (note === null) {
    report.add({ kind: 'checkpoint-missing', file: CHECKPOINT_FILE, message: 'no checkpoint' });
    return report.result(null, now);
  }
  const opened = openCheckpoint(note, verifier);
  if (!opened.ok) {
    const message = `the checkpoint does not hold: ${opened.why}`;
    report.add({ kind: 'checkpoint-bad', file: CHECKPOINT_FILE, message });
    return report.result(null, now);
  }
  const { head } = opened;
  const older = openOlder(options.olderCheckpoint, report, (bytes) =>
    openCheckpoint(bytes, verifier),
  );
  const tree = new TreeCheck(dir, head, older?.size ?? -1);
  await readAll(tree, head, report, options);
  await tree.finish();
  report.add(...tree.findings);
  if (older !== null) compareOlder(older, head, tree, report);
  const other = await verifyOtherFiles(dir, head.size);
  report.add(...other.findings);
  report.filesBeyond = other.beyond;
  report.unsignedEntries = await countUnsigned(dir, head.size);
  checkAge(report, options.maxAgeMs, now);
  return report.result(head, now);
}

async function readAll(
  tree: TreeCheck,
  { size }: TreeHead,
  report: Report,
  { onProgress }: VerifyOptions,
): Promise<void> {
  const continuity = new Continuity();
  let index = 0;
  for (let bundle = 0; bundle < bundleCount(size); bundle++) {
    index = bundle * TILE_WIDTH;
    for (const bytes of await tree.bundle(bundle)) {
      report.add(...continuity.observe(bytes, index));
      countEntry(report, bytes);
      index += 1;
    }
    onProgress?.(index, size);
  }
  report.resent = continuity.resent;
}

function countEntry(report: Report, bytes: Buffer): void {
  const entry = decodeEntry(bytes);
  const heartbeat = ownHeartbeat(entry);
  if (heartbeat !== null) report.heartbeat = heartbeat.time;
  if (entry.kind === 'unreadable') return;
  const name = entry.kind === 'sourced' ? entry.topic : OWN_SOURCE;
  report.entries[name] = (report.entries[name] ?? 0) + 1;
}

function openOlder(
  note: Uint8Array | undefined,
  report: Report,
  open: (note: Uint8Array) => ReturnType<typeof openCheckpoint>,
): TreeHead | null {
  if (note === undefined) return null;
  const opened = open(note);
  if (opened.ok) {
    report.olderSize = opened.head.size;
    return opened.head;
  }
  const message = `the older checkpoint does not hold: ${opened.why}`;
  report.add({ kind: 'older-checkpoint-bad', message });
  return null;
}

function compareOlder(older: TreeHead, head: TreeHead, tree: TreeCheck, report: Report): void {
  if (older.size > head.size) {
    const sizes = `the older checkpoint has ${older.size} entries, the log ${head.size}`;
    const message = `rolled back: ${sizes}`;
    report.add({ kind: 'rollback', message, expected: `${older.size}`, seen: `${head.size}` });
    return;
  }
  if (tree.olderRoot?.equals(older.root) === true) return;
  const message = `forked: the first ${older.size} entries are not those of the older checkpoint`;
  report.add({ kind: 'fork', message });
}

function checkAge(report: Report, maxAgeMs: number | undefined, now: number): void {
  if (maxAgeMs === undefined) return;
  const ageMs = report.heartbeat === null ? null : now - Date.parse(report.heartbeat);
  if (ageMs !== null && ageMs <= maxAgeMs && ageMs >= -CLOCK_SKEW_MS) return;
  const seen = ageMs === null ? 'no heartbeat' : `${ageMs} ms`;
  const message = `the newest heartbeat is not within the last ${maxAgeMs} ms: ${seen}`;
  report.add({ kind: 'checkpoint-stale', message, expected: `${maxAgeMs} ms`, seen });
}

/** Entries that wait in the journal. A damaged journal is the writer's to judge, not ours. */
async function countUnsigned(dir: string, size: number): Promise<number> {
  const bytes = await readIfThere(join(dir, JOURNAL_FILE));
  if (bytes === null) return 0;
  try {
    const waiting = readJournal(bytes).frames.filter((frame) => frame.first >= size);
    return waiting.reduce((sum, { entries }) => sum + entries.length, 0);
  } catch {
    return 0;
  }
}
