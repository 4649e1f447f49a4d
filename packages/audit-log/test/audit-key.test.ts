import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createAuditKey, readAuditKey, readVkey, vkeyPath } from '../src/audit-key.ts';
import { LogWriter } from '../src/log-writer.ts';
import { verifyLog } from '../src/verify-log.ts';
import { joinedEntries, scratchDir } from './sample-log.ts';

test('a made key is 0600, has its verifier key beside it, and signs a log that this verifies', async () => {
  const dir = await scratchDir();
  const path = join(dir, 'keys', 'audit.key');
  const vkey = await createAuditKey(path);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(vkeyPath(path))).mode & 0o777).toBe(0o644);
  expect(await readdir(join(dir, 'keys'))).toEqual(['audit.key', 'audit.vkey']);
  expect(await readVkey(vkeyPath(path))).toBe(vkey);
  const key = await readAuditKey(path);
  const log = await LogWriter.open({ dir: join(dir, 'log'), signer: key.signer });
  await log.append(joinedEntries(2));
  await log.close();
  expect(await verifyLog(join(dir, 'log'), vkey)).toMatchObject({
    ok: true,
    origin: key.signer.name,
  });
});

test('a key is never overwritten', async () => {
  const path = join(await scratchDir(), 'audit.key');
  await createAuditKey(path);
  const before = await readFile(path);
  await expect(createAuditKey(path)).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  expect(await readFile(path)).toEqual(before);
});

test('Precondition: nobody but the owner can read or write the key file.', async () => {
  const path = join(await scratchDir(), 'audit.key');
  await createAuditKey(path);
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(path, mode);
    await expect(readAuditKey(path)).rejects.toMatchObject({ code: 'KEY_FILE_OPEN' });
  }
});

test('Precondition: the verifier key is the public half of the signing key.', async () => {
  const dir = await scratchDir();
  await createAuditKey(join(dir, 'audit.key'));
  const other = await createAuditKey(join(dir, 'other.key'));
  await writeFile(join(dir, 'audit.vkey'), other);
  const read = readAuditKey(join(dir, 'audit.key'));
  await expect(read).rejects.toMatchObject({ code: 'KEY_FILE_INVALID' });
});

test('a key that is not there, or no key, is told as such and never quoted', async () => {
  const dir = await scratchDir();
  const missing = readAuditKey(join(dir, 'audit.key'));
  await expect(missing).rejects.toMatchObject({ code: 'KEY_FILE_MISSING' });
  await writeFile(join(dir, 'audit.key'), 'CANARY-5d1c', { mode: 0o600 });
  const error: unknown = await readAuditKey(join(dir, 'audit.key')).catch(
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({ code: 'KEY_FILE_INVALID' });
  expect(String(error)).not.toContain('CANARY');
});
