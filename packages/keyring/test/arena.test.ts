import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { deriveKey, generateKey, type KeyHandle, keyHandle } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { KeyArena } from '../src/arena.ts';

const use = {
  purpose: 'field',
  algorithm: 'xchacha20-poly1305',
  format: 'field-token',
  dataset: 'people',
  path: '/ssn',
} as const;
const works = (key: KeyHandle): boolean => {
  deriveKey(key, use, Buffer.alloc(32));
  return true;
};

describe('key arena', () => {
  test('holds many thousands of keys and gives every slot back', () => {
    const arena = new KeyArena();
    const keys = Array.from({ length: 20_000 }, () => arena.take(generateKey));
    expect(arena.size).toBe(20_000);
    expect(keys.every(works)).toBe(true);
    for (const key of keys) arena.drop(key);
    expect(arena.size).toBe(0);
  });

  test('a dropped key is zeroed at once and cannot be used again', () => {
    const arena = new KeyArena();
    let slot: Buffer = Buffer.alloc(0);
    const key = arena.take((given) => {
      slot = given;
      return generateKey(given);
    });
    expect(slot.equals(Buffer.alloc(32))).toBe(false);
    arena.drop(key);
    arena.drop(key);
    expect(slot.equals(Buffer.alloc(32))).toBe(true);
    expect(() => works(key)).toThrow('INTERNAL');
  });

  test('a slot is zero before it is used again, also when filling it failed', async () => {
    const arena = new KeyArena();
    const seen: Buffer[] = [];
    const failing = (slot: Buffer): KeyHandle => {
      seen.push(slot);
      slot.fill(7);
      throw new Error('no');
    };
    expect(() => arena.take(failing)).toThrow('no');
    await expect(arena.takeFrom(async (slot) => failing(slot))).rejects.toThrow('no');
    expect(arena.size).toBe(0);
    for (const slot of seen) expect(slot.equals(Buffer.alloc(32))).toBe(true);
    arena.take((slot) => {
      expect(slot.equals(Buffer.alloc(32))).toBe(true);
      return keyHandle(slot);
    });
  });

  test('clearing ends every key', () => {
    const arena = new KeyArena();
    const keys = [arena.take(generateKey), arena.take(generateKey)];
    arena.clear();
    for (const key of keys) expect(() => works(key)).toThrow('INTERNAL');
  });

  /** Opens an arena in a process that may lock no memory: what it prints is the code or `opened`. */
  function withoutLocking(options: string): string {
    const arena = fileURLToPath(new URL('../src/arena.ts', import.meta.url));
    const program = `
      const { KeyArena } = await import(${JSON.stringify(arena)});
      try { new KeyArena(${options}); console.log('opened'); } catch (error) { console.log(error.code); }`;
    // Root may lock whatever the limit says, unless it gives that right away.
    const root = process.geteuid?.() === 0 ? 'setpriv --bounding-set -ipc_lock -- ' : '';
    const command = `ulimit -l 0 && exec ${root}"$0" -C sealstream-source --input-type=module -e "$1"`;
    const run = spawnSync('sh', ['-c', command, process.execPath, program], { encoding: 'utf8' });
    return run.stdout.trim() || run.stderr;
  }

  test.runIf(process.platform === 'linux')(
    'memory that cannot be locked is refused, unless unlocked memory is allowed',
    () => {
      expect(withoutLocking('{}')).toBe('MEMORY_NOT_LOCKED');
      expect(withoutLocking('{ allowUnlocked: true }')).toBe('opened');
    },
  );
});
