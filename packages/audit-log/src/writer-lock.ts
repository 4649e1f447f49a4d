import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SealstreamError } from '@sealstream/contracts';
import { errnoOf, namesIn, SCRATCH_DIR } from './log-files.ts';
import { livenessOf, ownIdentity, type ProcessIdentity } from './process-identity.ts';

interface LockContent extends ProcessIdentity {
  readonly released: boolean;
}

const PREFIX = 'lock.';
const REFRESH_MS = 5_000;
/** A holder that we cannot look at (another container or machine) and that was silent so long. */
const SILENT_MS = 30_000;

/**
 * Lets one process at a time write a log.
 *
 * Lock files are numbered and the highest number holds. A taker links the next number, which only
 * one can, and the highest file is never removed, so nobody removes what another has just taken.
 */
export class WriterLock {
  readonly #dir: string;
  readonly #number: number;
  readonly #refresh: NodeJS.Timeout;

  private constructor(dir: string, number: number) {
    this.#dir = dir;
    this.#number = number;
    this.#refresh = setInterval(() => {
      const now = new Date();
      utimes(this.#path, now, now).catch(() => undefined);
    }, REFRESH_MS);
    this.#refresh.unref();
  }

  /** Throws AUDIT_LOG_LOCKED while a live process holds it; takes over from a dead one. */
  static async take(dir: string): Promise<WriterLock> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const highest = await highestNumber(dir);
      if (highest > 0) await refuseLiveHolder(dir, highest);
      if (!(await linkLock(dir, highest + 1))) continue;
      // A slow taker may have linked a number that others have long passed.
      if ((await highestNumber(dir)) !== highest + 1) {
        await rm(join(dir, PREFIX + (highest + 1)), { force: true });
        continue;
      }
      await removeLower(dir, highest + 1);
      return new WriterLock(dir, highest + 1);
    }
    throw new SealstreamError('AUDIT_LOG_LOCKED', { why: 'others take it at the same time' });
  }

  get #path(): string {
    return join(this.#dir, PREFIX + this.#number);
  }

  /** Throws AUDIT_LOG_LOCKED when somebody took over, as from a process that slept too long. */
  async check(): Promise<void> {
    const next = await stat(join(this.#dir, PREFIX + (this.#number + 1))).catch(() => null);
    if (next !== null || (await highestNumber(this.#dir)) !== this.#number) {
      throw new SealstreamError('AUDIT_LOG_LOCKED', { why: 'another process took over' });
    }
  }

  /** Gives it up. The file stays, marked, since the highest number is never removed. */
  async release(): Promise<void> {
    clearInterval(this.#refresh);
    const scratch = join(this.#dir, SCRATCH_DIR, randomUUID());
    try {
      await writeFile(scratch, contentNow(true));
      await rename(scratch, this.#path);
    } catch {
      // A disk that fails now leaves the file unmarked: the end of this process frees it as well.
    }
  }
}

function contentNow(released: boolean): string {
  return `${JSON.stringify({ ...ownIdentity(), released } satisfies LockContent)}\n`;
}

async function highestNumber(dir: string): Promise<number> {
  const numbers = (await namesIn(dir))
    .filter((name) => /^lock\.[1-9]\d*$/.test(name))
    .map((name) => Number(name.slice(PREFIX.length)));
  return Math.max(0, ...numbers);
}

async function removeLower(dir: string, number: number): Promise<void> {
  for (const name of await namesIn(dir)) {
    const isLower = /^lock\.[1-9]\d*$/.test(name) && Number(name.slice(PREFIX.length)) < number;
    if (isLower) await rm(join(dir, name), { force: true });
  }
}

/** Makes the file with its content at once; false when the number is taken. */
async function linkLock(dir: string, number: number): Promise<boolean> {
  const scratch = join(dir, SCRATCH_DIR, randomUUID());
  await writeFile(scratch, contentNow(false));
  try {
    await link(scratch, join(dir, PREFIX + number));
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(scratch, { force: true });
  }
}

async function refuseLiveHolder(dir: string, number: number): Promise<void> {
  const path = join(dir, PREFIX + number);
  const held = new SealstreamError('AUDIT_LOG_LOCKED', { lock: PREFIX + number });
  const holder = parseLock(await readFile(path, 'utf8').catch(() => ''));
  if (holder === null) {
    // Not ours to read, or damaged: only its silence says that nobody holds it.
    if (await isSilent(path)) return;
    throw held;
  }
  if (holder.released) return;
  const liveness = livenessOf(holder);
  if (liveness === 'alive') throw held;
  if (liveness === 'unknown' && !(await isSilent(path))) throw held;
}

async function isSilent(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > SILENT_MS;
}

function parseLock(text: string): LockContent | null {
  try {
    const { pid, realm, released, started } = JSON.parse(text) as Partial<LockContent>;
    const isWhole =
      typeof pid === 'number' &&
      typeof started === 'string' &&
      typeof realm === 'string' &&
      typeof released === 'boolean';
    return isWhole ? { pid, started, realm, released } : null;
  } catch {
    return null;
  }
}
