import { Redis } from 'ioredis';
import type { SubjectAdmin } from '@sealstream/keyring';
import type { Asked, Bench } from '../ground/bench.ts';
import { type Goal, lineOf } from '../ground/lines.ts';
import type { Report } from '../ground/report.ts';
import { withServers } from '../ground/servers.ts';
import { idsOf, indexText, someIndexes, SubjectsGround, USE } from './ground.ts';

interface SubjectsOptions {
  readonly subjects: number;
  readonly shreds: number;
  readonly batch: number;
}

/** What one run works with. */
interface Run {
  readonly options: SubjectsOptions;
  readonly report: Report;
  readonly ground: SubjectsGround;
  readonly admin: SubjectAdmin;
  readonly redis: Redis;
  readonly indexes: Buffer;
}

/** Subjects that are asked for again and again; fewer than fit into the cache. */
const WARM_MAX = 100_000;
const WARM_ROUNDS = 5;
/** Bytes of a record, and of the name that a key id stands for. */
const [RECORD_BYTES, NAME_BYTES] = [136, 37];

export const SUBJECTS: Bench = {
  name: 'subjects',
  summary: 'one key for each person: made, fetched, moved to a new epoch, shredded, restored',
  about: [
    'Checks on the way that every key comes back as it was made, that no shredded one does, and that',
    'a backup two epochs old opens nothing. The reference of made and fetched is the same bytes',
    'written to and read from the same Redis without any key.',
  ],
  options: {
    subjects: { takes: 'N', default: '1000000', meaning: 'persons' },
    shreds: { takes: 'S', default: '1000', meaning: 'how many of them are shredded' },
    batch: { takes: 'B', default: '5000', meaning: 'persons of one batch' },
  },
  examples: ['', '--json --subjects 20000 --shreds 100'],
  run: async (asked, report) => {
    const options = subjectsOptions(asked);
    await withServers(report.progress, async ({ redisUrl }) => {
      const ground = new SubjectsGround(redisUrl);
      const redis = new Redis(redisUrl);
      const admin = await ground.admin();
      try {
        await admin.ensure();
        const indexes = someIndexes(options.subjects);
        await measure({ options, report, ground, admin, redis, indexes });
      } finally {
        admin.stop();
        redis.disconnect();
        ground.remove();
      }
    });
  },
};

function subjectsOptions(asked: Asked): SubjectsOptions {
  const subjects = asked.whole('subjects', 100, 10_000_000);
  return {
    subjects,
    shreds: asked.whole('shreds', 1, subjects),
    batch: asked.whole('batch', 1, 100_000),
  };
}

async function measure(run: Run): Promise<void> {
  const { admin, ground, indexes, options, redis } = run;
  const ids = await measureMade(run);
  await measureFetched(run, ids);
  await measureWarm(run);
  const old = ground.file('old.backup');
  await admin.backup(old);
  const receipts = await measureShreds(run);
  await measureRotation(run, 'first.backup');
  const last = await measureRotation(run, 'second.backup');
  const after = ids.map((id, n) => (n < options.shreds ? 'SUBJECT_SHREDDED' : id));
  await checkIds(run, 'after two rotations', after);
  // Redis is lost, and comes back from a backup whose epoch is gone: nothing opens.
  await redis.flushdb();
  const nothing = await admin.restore(old, receipts);
  const left = options.subjects - options.shreds;
  requireEqual('keys of a backup two epochs old', nothing.keys, 0);
  requireEqual('unreadable keys of it', nothing.unreadable, left);
  const unknown = after.map((id) => (id === 'SUBJECT_SHREDDED' ? id : 'KEY_UNKNOWN'));
  await checkIds(run, 'from a backup two epochs old', unknown);
  await redis.flushdb();
  const restoring = performance.now();
  const restored = await admin.restore(last, receipts);
  say(run, 'restored', 'subjects/s', restored.keys / seconds(restoring));
  requireEqual('keys of the last backup', restored.keys, left);
  await checkIds(run, 'from the last backup', after);
  requireEqual('subjects', indexes.length / 16, restored.keys + restored.tombstones);
}

async function measureMade(run: Run): Promise<string[]> {
  const { ground, indexes, options, redis, report } = run;
  const total = options.subjects;
  report.progress.step(`writing ${total} records without keys`);
  const plain = performance.now();
  const value = { record: Buffer.alloc(RECORD_BYTES), name: Buffer.alloc(NAME_BYTES) };
  for (let from = 0; from < total; from += options.batch) {
    const pairs = namesOf(run, from).flatMap((name) => [
      `p:${name}`,
      value.record,
      `n:${name}`,
      value.name,
    ]);
    await redis.mset(...pairs);
  }
  const reference = total / seconds(plain);
  report.progress.step(`making ${total} keys`);
  const subjects = await ground.process(true);
  const begun = performance.now();
  const ids = await idsOf(subjects, indexes, options.batch, (done) =>
    report.progress.records(done, total),
  );
  say(run, 'made', 'subjects/s', total / seconds(begun), { reference });
  subjects.stop();
  requireEqual('different key ids', new Set(ids.filter((id) => id.length === 12)).size, total);
  return ids;
}

async function measureFetched(run: Run, ids: readonly string[]): Promise<void> {
  const { ground, indexes, options, redis, report } = run;
  const total = options.subjects;
  report.progress.step(`fetching ${total} records without keys`);
  const plain = performance.now();
  for (let from = 0; from < total; from += options.batch)
    await redis.mgetBuffer(namesOf(run, from).map((name) => `p:${name}`));
  const reference = total / seconds(plain);
  report.progress.step(`fetching ${total} keys`);
  const subjects = await ground.process(false);
  const begun = performance.now();
  const found = await idsOf(subjects, indexes, options.batch, (done) =>
    report.progress.records(done, total),
  );
  say(run, 'fetched', 'subjects/s', total / seconds(begun), { reference, goal: '>= 40000' });
  subjects.stop();
  requireSame('fetched', found, ids);
}

async function measureWarm(run: Run): Promise<void> {
  const { ground, indexes, options, report } = run;
  const count = Math.min(WARM_MAX, options.subjects);
  report.progress.step(`asking for ${count} keys in memory`);
  const before = process.memoryUsage();
  const subjects = await ground.process(false);
  await idsOf(subjects, indexes.subarray(0, 16 * count), options.batch);
  const after = process.memoryUsage();
  const rounds = Array.from({ length: WARM_ROUNDS }, () => {
    const begun = performance.now();
    for (let n = 0; n < count; n++) subjects.keys.active(USE, indexes, 16 * n);
    return ((performance.now() - begun) / count) * 1e6;
  });
  say(run, 'asked for in memory', 'ns', Math.min(...rounds), { goal: '<= 1000' });
  say(run, 'memory of 100,000', 'MB', (after.rss - before.rss) / 1e6 / (count / 1e5));
  subjects.stop();
}

async function measureShreds(run: Run): Promise<Buffer[]> {
  const { admin, ground, indexes, options, report } = run;
  report.progress.step(`shredding ${options.shreds}`);
  const watching = await ground.process(false);
  const begun = performance.now();
  const receipts: Buffer[] = [];
  for (let n = 0; n < options.shreds; n++) {
    const order = { reason: 'bench', actor: 'bench' };
    receipts.push((await admin.shred(indexText(indexes, n), order)).receipt.bytes);
  }
  say(run, 'shredded', 'subjects/s', options.shreds / seconds(begun));
  await watching.refresh();
  for (let n = 0; n < options.shreds; n++)
    requireEqual(`shred ${n} is known`, Number(watching.shreds.has(indexes, 16 * n)), 1);
  watching.stop();
  return receipts;
}

async function measureRotation(run: Run, name: string): Promise<string> {
  const { admin, ground, options, report } = run;
  report.progress.step(`moving ${options.subjects} keys to a new epoch`);
  const begun = performance.now();
  const backup = ground.file(name);
  const { moved } = await admin.rotateEpoch({
    backup,
    onProgress: (done) => report.progress.records(done, options.subjects),
  });
  requireEqual('moved', moved, options.subjects - options.shreds);
  say(run, 'moved and backed up', 'subjects/s', moved / seconds(begun));
  return backup;
}

async function checkIds(run: Run, when: string, wanted: readonly string[]): Promise<void> {
  const { ground, indexes, options, report } = run;
  report.progress.step(`checking ${wanted.length} keys ${when}`);
  const subjects = await ground.process(false);
  requireSame(when, await idsOf(subjects, indexes, options.batch), wanted);
  subjects.stop();
}

function namesOf({ indexes, options }: Run, from: number): string[] {
  const to = Math.min(options.subjects, from + options.batch);
  return Array.from({ length: to - from }, (_, at) => indexText(indexes, from + at));
}

function say(
  { options, report }: Run,
  what: string,
  unit: string,
  figure: number,
  more: { reference?: number; goal?: Goal } = {},
): void {
  const { goal, reference = null } = more;
  const against = reference === null ? 'nothing' : 'the same bytes without keys';
  const { batch, subjects } = options;
  report.lines([
    lineOf({ what, unit, figure, reference, against, places: 0, goal, with: { subjects, batch } }),
  ]);
}

function seconds(begun: number): number {
  return (performance.now() - begun) / 1000;
}

/** @throws Error */
export function requireEqual(what: string, found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`);
}

/** @throws Error that names the first place, and no id */
export function requireSame(
  what: string,
  found: readonly string[],
  wanted: readonly string[],
): void {
  requireEqual(`${what}, how many`, found.length, wanted.length);
  const at = found.findIndex((id, n) => id !== wanted[n]);
  if (at >= 0) throw new Error(`${what}: subject ${at} is not as it was`);
}
