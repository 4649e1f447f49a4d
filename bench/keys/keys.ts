import { readFileSync } from 'node:fs';
import { ByteWriter } from '@sealstream/records';
import { RecordKeys } from '@sealstream/flow';
import { type Dataset, datasetOf, encryptPlan, parsePolicy, Tally } from '@sealstream/policy';
import { KEYSET_PURPOSES, SealstreamError } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { DatasetKeys, openKeyring, openKeysetAdmin, type Subjects } from '@sealstream/keyring';
import type { Bench } from '../ground/bench.ts';
import { type Goal, lineOf } from '../ground/lines.ts';
import { personJson } from '../ground/people.ts';
import type { Report } from '../ground/report.ts';
import { withServers } from '../ground/servers.ts';
import { SubjectsGround, someIndexes } from '../subjects/ground.ts';

const POLICY = new URL('../flow/sealstream.yaml', import.meta.url);
const RECORD_BYTES = 350;
const INDEX_BYTES = 16;
const BATCH = 2000;
const ROUNDS = 5;

interface Run {
  readonly report: Report;
  readonly subjects: number;
  readonly people: readonly Buffer[];
  readonly indexes: Buffer;
}

export const KEYS: Bench = {
  name: 'keys',
  summary: 'records sealed under keys of single persons, beside the same under keys of the dataset',
  about: [
    'Three fields of a 350-byte record, from bytes to bytes, in batches of 2,000 as encrypt has them.',
    'Every record is about another person. Warm: their keys are in memory; cold: they are in Redis;',
    'new: they are made and durable before they seal. Warm runs are CPU time, cold ones elapsed time.',
  ],
  options: {
    subjects: { takes: 'N', default: '100000', meaning: 'persons, one record each' },
  },
  examples: ['', '--json --subjects 10000'],
  run: async (asked, report) => {
    const subjects = asked.whole('subjects', BATCH, 1_000_000);
    await withServers(report.progress, async ({ redisUrl }) => {
      const ground = new SubjectsGround(redisUrl);
      try {
        await measure(ground, {
          report,
          subjects,
          people: Array.from({ length: subjects }, (_, at) => personJson(at, RECORD_BYTES)),
          indexes: someIndexes(subjects),
        });
      } finally {
        ground.remove();
      }
    });
  },
};

async function measure(ground: SubjectsGround, run: Run): Promise<void> {
  const admin = await ground.admin();
  await admin.ensure().finally(() => admin.stop());
  const keysets = await openKeysetAdmin(ground.keysetAdmin());
  for (const purpose of KEYSET_PURPOSES) await keysets.ensure(purpose, 'people');
  keysets.stop();
  const keyring = await openKeyring(ground.keyring(['field']));
  await keyring.ready();
  const shared = await warm(run, keyring.keys, datasetWith(''));
  say(run, 'keys of the dataset, warm', shared, null);
  const own = datasetWith('    subject: /ssn\n');
  const timed = async (mayCreate: boolean) => {
    const subjects = await ground.process(mayCreate);
    const begun = performance.now();
    await sealAll(run, keysOf(keyring.keys, subjects), own);
    return { subjects, rate: (run.subjects * 1000) / (performance.now() - begun) };
  };
  const made = await timed(true);
  say(run, 'keys of persons, new', made.rate, shared);
  made.subjects.stop();
  const fetched = await timed(false);
  say(run, 'keys of persons, cold', fetched.rate, shared, '>= 20000');
  const known = await warm(run, keysOf(keyring.keys, fetched.subjects), own);
  say(run, 'keys of persons, warm', known, shared, undefined, '>= 0.7');
  fetched.subjects.stop();
  keyring.stop();
}

function keysOf(keysets: KeySource, subjects: Subjects): KeySource {
  return new DatasetKeys(keysets, subjects);
}

/** The policy of the pipeline bench, its dataset called as the keys are. */
function datasetWith(rules: string): Dataset {
  const text = readFileSync(POLICY, 'utf8').replace('  bench:\n', `  people:\n${rules}`);
  return datasetOf(parsePolicy(text, 'bench'), 'people');
}

/** Records/s of CPU time, the median of some rounds after one that warms up. */
async function warm(run: Run, keys: KeySource, dataset: Dataset): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = process.cpuUsage();
    await sealAll(run, keys, dataset);
    const { system, user } = process.cpuUsage(before);
    if (round > 0) rates.push((run.subjects * 1e6) / (system + user));
  }
  return rates.toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}

/** Seals every record, batch by batch, fetching keys where some are missing, as encrypt does. */
async function sealAll({ indexes, people, report }: Run, keys: KeySource, dataset: Dataset) {
  const plan = encryptPlan(dataset);
  const source = { bytes: Buffer.alloc(INDEX_BYTES), from: 0, to: INDEX_BYTES };
  const own = new RecordKeys(keys, source);
  const subject = { bytes: indexes, from: 0, to: INDEX_BYTES };
  own.record.subject = subject;
  const tally = new Tally();
  const out = new ByteWriter(4096);
  const treat = (at: number): void => {
    subject.from = at * INDEX_BYTES;
    subject.to = subject.from + INDEX_BYTES;
    out.reset();
    const json = people[at];
    try {
      const refusal = plan.rewrite(json, 0, json.length, own, tally, out);
      if (refusal !== undefined) throw new Error(`record ${at} was refused: ${refusal.code}`);
    } catch (error) {
      const isWanting = error instanceof SealstreamError && error.code === 'SUBJECT_KEYS_WANTED';
      if (!isWanting) throw error;
    }
  };
  for (let from = 0; from < people.length; from += BATCH) {
    const to = Math.min(people.length, from + BATCH);
    for (let at = from; at < to; at += 1) treat(at);
    if (keys.subjects?.wants === true) {
      await keys.subjects.bring();
      for (let at = from; at < to; at += 1) treat(at);
      if (keys.subjects.wants) throw new Error('keys are missing after they were brought');
    }
    report.progress.records(to, people.length);
  }
}

function say(
  { report, subjects }: Run,
  what: string,
  figure: number,
  reference: number | null,
  goal?: Goal,
  ratioGoal?: Goal,
): void {
  report.lines([
    lineOf({
      what,
      figure,
      reference,
      unit: 'records/s',
      against: reference === null ? 'nothing' : 'the same records under keys of the dataset',
      places: 0,
      goal,
      ratioGoal,
      with: { bytes: RECORD_BYTES, subjects },
    }),
  ]);
}
