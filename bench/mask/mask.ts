import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeySource } from '@sealstream/crypto';
import { applyKeyring } from '@sealstream/keyring';
import { datasetOf, maskPlan, parsePolicy, Tally } from '@sealstream/policy';
import { ByteWriter } from '@sealstream/records';
import type { Bench } from '../ground/bench.ts';
import { cpuMicros } from '../ground/cpu-time.ts';
import { type Goal, lineOf } from '../ground/lines.ts';
import { personJson } from '../ground/people.ts';
import type { Report } from '../ground/report.ts';
import { type FramedRecords, framedRecords } from './framed-records.ts';

const POLICY = new URL('../flow/sealstream.yaml', import.meta.url);
/** Records that are treated one after the other, so that no single one is always in the cache. */
const RECORDS = 1000;
const TEXT_BYTES = 250;

interface Run {
  readonly report: Report;
  readonly keys: KeySource;
  readonly calls: number;
}

export const MASK: Bench = {
  name: 'mask',
  summary: 'what masking a record takes, in CPU time on one core, and each transform by itself',
  about: [
    'Three fields of a JSON record (partial, keyed hash, first 6 + last 4), bytes in to bytes out, and',
    'one value for each other transform. Each figure is the median of nine rounds of CPU time; the',
    'reference is JSON.parse, the same in plain JavaScript and node:crypto, and JSON.stringify; of the',
    'same record in another format, a library of that format.',
  ],
  options: {
    calls: { takes: 'N', default: '50000', meaning: 'calls in one round' },
  },
  examples: ['', '--json --calls 5000'],
  run: async (asked, report) => {
    const calls = asked.whole('calls', 100, 10_000_000);
    const dir = mkdtempSync(join(tmpdir(), 'sealstream-bench-mask-'));
    try {
      const keys = applyKeyring(join(dir, 'keyring.json'), { create: true });
      const run = { report, keys, calls };
      record(run, 350, '>= 450000');
      record(run, 1000);
      memory(run);
      for (const records of await framedRecords(datasetIn, keys)) framed(run, records);
      for (const one of VALUES) value(run, one);
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
};

function planOf(policy: string, name: string) {
  return maskPlan(datasetOf(parsePolicy(policy, 'bench'), name));
}

/** Gives a function that masks one record. */
function masker({ keys }: Run, plan: ReturnType<typeof planOf>) {
  const tally = new Tally();
  const out = new ByteWriter(4096);
  return (json: Buffer): void => {
    out.reset();
    const refusal = plan.rewrite(json, 0, json.length, keys, tally, out);
    if (refusal !== undefined) throw new Error(`the record was refused: ${refusal.code}`);
  };
}

/** The dataset of the bench, with records of this format. */
function datasetIn(format: string) {
  const text = readFileSync(POLICY, 'utf8').replace('format: json', `format: ${format}`);
  return datasetOf(parsePolicy(text, 'bench'), 'bench');
}

/** The same persons in a format that names its schema. */
function framed(run: Run, { against, encode, format, mask, plain }: FramedRecords): void {
  const people = Array.from({ length: RECORDS }, (_, index) =>
    encode(JSON.parse(personJson(index, 350).toString()) as object),
  );
  const own = cpuMicros(run.calls, (call) => mask(people[call % RECORDS]));
  const theirs = cpuMicros(run.calls, (call) => plain(people[call % RECORDS], maskPlainly));
  run.report.lines([
    lineOf({
      what: `3 fields of a record in ${format}`,
      figure: 1e6 / own,
      reference: 1e6 / theirs,
      unit: 'records/s',
      against,
      places: 0,
      with: { bytes: people[0].length, calls: run.calls },
    }),
  ]);
}

function record(run: Run, bytes: number, goal?: Goal): void {
  const people = Array.from({ length: RECORDS }, (_, index) => personJson(index, bytes));
  const mask = masker(run, planOf(readFileSync(POLICY, 'utf8'), 'bench'));
  const own = cpuMicros(run.calls, (call) => mask(people[call % RECORDS]));
  const plain = cpuMicros(run.calls, (call) => void plainRecord(people[call % RECORDS]));
  run.report.lines([
    lineOf({
      what: '3 fields of a record',
      figure: 1e6 / own,
      reference: 1e6 / plain,
      unit: 'records/s',
      against: 'JSON.parse, plain JavaScript, HMAC of node:crypto, JSON.stringify',
      places: 0,
      goal,
      with: { bytes, calls: run.calls },
    }),
  ]);
}

const plainKey = randomBytes(32);

/** The same three fields as most would mask them. */
function plainRecord(json: Buffer): Buffer {
  const person = JSON.parse(json.toString('utf8')) as Record<string, string>;
  maskPlainly(person);
  return Buffer.from(JSON.stringify(person));
}

function maskPlainly(person: Record<string, string>): void {
  person['ssn'] = `${person['ssn'].slice(0, -4)}XXXX`;
  person['email'] = createHmac('sha256', plainKey).update(person['email']).digest('base64url');
  const { card } = person;
  person['card'] = card.slice(0, 6) + 'X'.repeat(card.length - 10) + card.slice(-4);
}

/** Heap and buffers after ten times as many records, against after the first of them. */
function memory(run: Run): void {
  const people = Array.from({ length: RECORDS }, (_, index) => personJson(index, 350));
  const mask = masker(run, planOf(readFileSync(POLICY, 'utf8'), 'bench'));
  const used = () => {
    globalThis.gc?.();
    const { external, heapUsed } = process.memoryUsage();
    return (heapUsed + external) / 1e6;
  };
  const treat = (count: number) => {
    for (let call = 0; call < count; call += 1) mask(people[call % RECORDS]);
  };
  treat(run.calls);
  const first = used();
  treat(run.calls * 9);
  run.report.lines([
    lineOf({
      what: 'memory after ten times as many records',
      figure: used(),
      reference: first,
      unit: 'MB',
      against: 'memory after the first tenth',
      places: 1,
      with: { bytes: 350, calls: run.calls * 10 },
    }),
  ]);
}

interface Value {
  readonly name: string;
  /** The rest of the field's line in a policy. */
  readonly rule: string;
  /** One of many values, by number. */
  readonly text: (index: number) => string;
  readonly goal?: Goal;
}

const digits = (index: number, length: number) =>
  String((index * 2_654_435_761) % 10 ** length).padStart(length, '0');
const NOTE = 'the parcel went out on time and was left with a neighbour who signed for it; ';
const note = (index: number) =>
  `${NOTE}call 212-555-${digits(index, 4)} or mail a${index}@example.org. ${NOTE}${NOTE}${NOTE}`.slice(
    0,
    TEXT_BYTES,
  );
const ACCEPTED = 'equalityOracle: { accepted: bench }';

const VALUES: readonly Value[] = [
  { name: 'scrub', rule: 'mask: scrub', text: note, goal: '>= 300000' },
  {
    name: 'fpe',
    rule: `mask: fpe, ${ACCEPTED}`,
    text: (index) => `4111${digits(index, 12)}`,
    goal: '>= 80000',
  },
  {
    name: 'pseudonym',
    rule: `mask: { pseudonym: { of: name } }, ${ACCEPTED}`,
    text: (index) => `Ann Lee ${index}`,
  },
  {
    name: 'dateShift',
    rule: 'mask: { dateShift: { days: 30 } }',
    text: (index) => new Date(index * 86_400_000).toISOString().slice(0, 10),
  },
  {
    name: 'truncateIp',
    rule: 'mask: truncateIp',
    text: (index) => `192.0.${index % 200}.${index % 250}`,
  },
  {
    name: 'keepDomain',
    rule: 'mask: keepDomain',
    text: (index) => `a${index}@example.org`,
  },
];

/** A record of a subject and one value. */
function value(run: Run, { goal, name, rule, text }: Value): void {
  const policy = `version: 1
datasets:
  bench:
    revision: 1
    subject: /id
    required: [/id]
    fields:
      /id: { type: string, mask: keep }
      /value: { type: string, survivesShred: true, ${rule} }
`;
  const mask = masker(run, planOf(policy, 'bench'));
  const records = Array.from({ length: RECORDS }, (_, index) =>
    Buffer.from(JSON.stringify({ id: `c-${index}`, value: text(index) })),
  );
  const own = cpuMicros(run.calls, (call) => mask(records[call % RECORDS]));
  const plain = cpuMicros(run.calls, (call) => {
    const json = records[call % RECORDS];
    const parsed = JSON.parse(json.toString('utf8')) as Record<string, string>;
    parsed['value'] = createHash('sha256').update(parsed['value']).digest('base64url');
    Buffer.from(JSON.stringify(parsed));
  });
  run.report.lines([
    lineOf({
      what: `a record of one value, ${name}`,
      figure: 1e6 / own,
      reference: 1e6 / plain,
      unit: 'records/s',
      against: 'JSON.parse, SHA-256 of node:crypto, JSON.stringify',
      places: 0,
      goal,
      with: { bytes: records[0].length, calls: run.calls },
    }),
  ]);
}
