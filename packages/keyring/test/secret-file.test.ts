import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFile } from '../src/secret-file.ts';
import { codeOf } from './keyring-fixture.ts';

/** What the file system was asked for, and whether its disk is full. */
const disk = vi.hoisted(() => ({ synced: [] as string[], isFull: false }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return {
    ...fs,
    fsyncSync: (file: number) => {
      disk.synced.push(fs.readlinkSync(`/proc/self/fd/${file}`));
      fs.fsyncSync(file);
    },
    writeSync: (file: number, bytes: Uint8Array) => {
      if (!disk.isFull) return fs.writeSync(file, bytes);
      fs.writeSync(file, bytes.subarray(0, 3));
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    },
  };
});

const content = Buffer.from('canary of a key');
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sealstream-secret-'));
  disk.synced.length = 0;
  disk.isFull = false;
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('a file that is made', () => {
  test('on a full disk is not there at all, and is whole when it is made again', async () => {
    const path = join(dir, 'field.key');
    disk.isFull = true;
    expect(await codeOf(() => createFile(path, content))).toBe('DISK_FULL');
    expect(readdirSync(dir)).toEqual([]);
    disk.isFull = false;
    createFile(path, content);
    expect(readFileSync(path)).toEqual(content);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['field.key']);
  });

  test('outlives a crash: its content and every new name are made durable', () => {
    const path = join(dir, 'new', 'keys', 'field.key');
    createFile(path, content, 0o644);
    expect(existsSync(path)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o644);
    const [last, ...before] = disk.synced.toReversed();
    expect(last).toBe(join(dir, 'new', 'keys'));
    expect(before).toHaveLength(3);
    expect(before).toEqual(expect.arrayContaining([dir, join(dir, 'new')]));
  });

  test('is never written over what is there', async () => {
    const path = join(dir, 'field.key');
    createFile(path, content);
    expect(await codeOf(() => createFile(path, Buffer.from('other')))).toBe('FILE_EXISTS');
    expect(readFileSync(path)).toEqual(content);
    expect(readdirSync(dir)).toEqual(['field.key']);
  });
});
