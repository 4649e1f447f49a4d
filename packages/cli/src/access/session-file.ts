import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

import { SealstreamError } from '@sealstream/contracts';
import { readSecretFile } from '@sealstream/keyring';
import { z } from 'zod';

/** A session as it is kept on this machine, for one address of access. */
const KeptSession = z.object({
  v: z.literal(1),
  /** Whose tokens these are: they are sent nowhere else. */
  origin: z.string(),
  account: z.string(),
  accessToken: z.string(),
  /** Milliseconds since 1970, by the clock of this machine. */
  accessEndsMs: z.number(),
  refreshToken: z.string(),
  deviceToken: z.string().optional(),
});
export type KeptSession = z.infer<typeof KeptSession>;

const LOCK_POLL_MS = 50;
/** Longer than a renewal may take. */
const LOCK_WAIT_MS = 30_000;
/** SQLITE_BUSY of SQLite's result codes. */
const BUSY = 5;

/**
 * The session of one access on this machine: a file that only its owner may read, in the folder of the
 * user's state (XDG Base Directory Specification).
 *
 * Promises: it is there whole or not at all; a file that others may read is refused; of many commands
 * one at a time holds the lock, which ends with the process that has it, however it ends.
 */
export class SessionFile {
  readonly #dir: string;
  readonly #origin: string;
  readonly #path: string;

  /** @param stateHome as XDG_STATE_HOME gives it; a relative one counts as none */
  constructor(stateHome: string | undefined, origin: string) {
    const home =
      stateHome !== undefined && isAbsolute(stateHome)
        ? stateHome
        : join(homedir(), '.local', 'state');
    this.#dir = join(home, 'sealstream');
    this.#origin = origin;
    const name = new URL(origin).host.replaceAll(/[^\w.-]/g, '_');
    this.#path = join(this.#dir, `session-${name}.json`);
  }

  /** @throws SealstreamError KEY_FILE_OPEN when others may read it, FILE_UNREADABLE */
  read(): KeptSession | undefined {
    let content: Buffer;
    try {
      content = readSecretFile(this.#path);
    } catch (error) {
      if (error instanceof SealstreamError && error.code === 'KEY_FILE_MISSING') return undefined;
      throw error;
    }
    const read = KeptSession.safeParse(jsonOf(content));
    content.fill(0);
    if (!read.success) throw new SealstreamError('FILE_UNREADABLE', { file: this.#path }, SIGN_IN);
    return read.data.origin === this.#origin ? read.data : undefined;
  }

  /** Only while the lock is held. */
  write(session: KeptSession): void {
    const part = `${this.#path}.${randomBytes(6).toString('hex')}.part`;
    try {
      const file = openSync(part, 'wx', 0o600);
      try {
        writeSync(file, JSON.stringify(session));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(part, this.#path);
    } finally {
      rmSync(part, { force: true });
    }
  }

  /** Only while the lock is held. */
  remove(): void {
    rmSync(this.#path, { force: true });
  }

  /**
   * Does something while no other command holds the lock. It is the lock of a database, since Node has
   * no other that the system takes back from a process that was killed.
   *
   * @throws SealstreamError SESSION_LOCKED when another one holds it for 30 s
   */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    const path = `${this.#path}.lock`;
    closeSync(openSync(path, 'a', 0o600));
    const lock = new DatabaseSync(path);
    try {
      for (let waitedMs = 0; !tryLock(lock); waitedMs += LOCK_POLL_MS) {
        if (waitedMs >= LOCK_WAIT_MS) throw new SealstreamError('SESSION_LOCKED', { file: path });
        await sleep(LOCK_POLL_MS);
      }
      return await work();
    } finally {
      lock.close();
    }
  }
}

const SIGN_IN = 'Remove the file, and sign in again: sealstream login.';

function tryLock(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (Reflect.get(Object(error) as object, 'errcode') === BUSY) return false;
    throw error;
  }
}

function jsonOf(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
