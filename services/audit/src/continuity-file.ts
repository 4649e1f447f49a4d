import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Continuity, type ContinuityState, type Finding, readEntries } from '@sealstream/audit-log';

/*
 * What the service knows of emitters at some size of the log. Only spares reading the whole log at
 * the next start: verification never looks at it, and when it is not there, or makes no sense, the
 * log itself is read from its beginning.
 */
const FILE = 'continuity.json';

interface Snapshot {
  readonly origin: string;
  readonly size: number;
  readonly state: ContinuityState;
}

/** Keeps the state as of this size of the log. */
export async function saveContinuity(dir: string, snapshot: Snapshot): Promise<void> {
  const scratch = join(dir, `${FILE}.new`);
  await writeFile(scratch, JSON.stringify(snapshot), { mode: 0o600 });
  await rename(scratch, join(dir, FILE));
}

/** The log's continuity up to its end, with the findings among the entries read for it. */
export async function loadContinuity(
  dir: string,
  vkey: string,
  log: { readonly origin: string; readonly size: number },
): Promise<{ continuity: Continuity; findings: Finding[] }> {
  const saved = await readSnapshot(dir);
  const isOfThisLog = saved !== null && saved.origin === log.origin && saved.size <= log.size;
  const known = isOfThisLog ? restored(saved.state) : null;
  const continuity = known ?? new Continuity();
  const from = known === null || saved === null ? 0 : saved.size;
  const findings: Finding[] = [];
  for await (const { bytes, index } of readEntries(dir, vkey, { from })) {
    const found = continuity.observe(bytes, index);
    // From a snapshot on, little is read: what was found there may not have been told before.
    if (known !== null) findings.push(...found);
  }
  return { continuity, findings };
}

function restored(state: ContinuityState): Continuity | null {
  try {
    return new Continuity(state);
  } catch {
    return null;
  }
}

async function readSnapshot(dir: string): Promise<Snapshot | null> {
  try {
    const { origin, size, state } = JSON.parse(
      await readFile(join(dir, FILE), 'utf8'),
    ) as Partial<Snapshot>;
    const isWhole = typeof origin === 'string' && Number.isSafeInteger(size) && state !== undefined;
    return isWhole ? { origin, size: Number(size), state } : null;
  } catch {
    return null;
  }
}
