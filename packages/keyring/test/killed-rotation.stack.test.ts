import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSubjectAdmin } from '../src/subject-admin.ts';
import { FileHeads, type RotatingProcess } from './rotating-process.ts';
import { anIndex, keyOf, SubjectGround, USE } from './subject-fixture.ts';

const SUBJECTS = 3000;
let ground: SubjectGround;
beforeEach(() => {
  ground = new SubjectGround();
});
afterEach(() => ground.end());

/** Runs a rotation and kills it so long after it has begun; gives what it said. */
async function rotated(asked: RotatingProcess, killAfterMs: number): Promise<string> {
  const program = join(import.meta.dirname, 'rotating-process.ts');
  const flags = ['--disable-warning=ExperimentalWarning', '-C', 'sealstream-source'];
  const child = spawn(process.execPath, [...flags, program, JSON.stringify(asked)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (said === '') void sleep(killAfterMs).then(() => child.kill('SIGKILL'));
    said += text;
  });
  await gone;
  return said;
}

test('a rotation whose process is killed again and again loses no key and ends with one epoch', async () => {
  const heads = new FileHeads(ground.file('heads'));
  writeFileSync(ground.file('heads'), '[]');
  const signer = ground.files.signer;
  const { prefix, redisUrl, log: logger, source: epochs } = ground;
  const common = { dataset: 'people', prefix, redisUrl, heads, logger, epochs };
  const admin = await openSubjectAdmin({ ...common, signer });
  await admin.ensure();
  const { keys } = await ground.process({ heads });
  const indexes = Array.from({ length: SUBJECTS }, anIndex);
  for (const index of indexes) expect(() => keys.active(USE, index, 0)).toThrow('WANTED');
  await keys.bring();
  const made = indexes.map((index) => keys.active(USE, index, 0).id);
  const asked: Omit<RotatingProcess, 'backup'> = {
    redisUrl,
    prefix,
    keyDir: ground.files.dir,
    epochDir: ground.file('epochs'),
    heads: ground.file('heads'),
  };
  let [kills, said] = [0, ''];
  // A little later each time, so that the kills fall on all of it.
  for (let afterMs = 0; !said.includes('done'); afterMs += 60) {
    // A file of its own: one that was killed after its last write was a whole rotation.
    said = await rotated({ ...asked, backup: ground.file(`${kills}.backup`) }, afterMs);
    kills++;
  }
  expect(kills).toBeGreaterThan(1);
  const [epoch, ...others] = await ground.source.store.load('people');
  expect([epoch.id, others]).toEqual([said.split(/\s+/)[2], []]);
  expect((await admin.list()).epochs).toMatchObject([{ id: epoch.id, keys: SUBJECTS }]);
  const cold = await ground.process({ heads });
  for (const [at, index] of indexes.entries())
    expect((await keyOf(cold.keys, index)).id).toBe(made[at]);
  admin.stop();
});
