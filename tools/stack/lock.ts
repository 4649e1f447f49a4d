import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while no other process holds `file`, waiting for up to `waitMs`.
 *
 * The lock is SQLite's exclusive transaction on the file: the kernel frees it when its owner dies,
 * however it dies, so there is no stale lock to judge.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  waitMs = 10 * 60_000,
): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    for (const deadline = Date.now() + waitMs; !taken(database); await sleep(50))
      if (Date.now() > deadline) throw new Error(`another process holds ${file}`);
    return await work();
  } finally {
    database.close();
  }
}

function taken(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && /locked/.test(error.message)) return false;
    throw error;
  }
}
