import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DEFAULT_SEAL,
  type FieldCipher,
  fieldCipher,
  KeyedHash,
  type KeySource,
  RecordCipher,
  Scratch,
  type SealMethod,
} from '@sealstream/crypto';
import { applyKeyring } from '@sealstream/keyring';
import { datasetOf, encryptPlan, parsePolicy, Tally } from '@sealstream/policy';
import { ByteWriter } from '@sealstream/records';
import type { Bench } from '../ground/bench.ts';
import { cpuMicros } from '../ground/cpu-time.ts';
import { type Goal, lineOf } from '../ground/lines.ts';
import { personJson } from '../ground/people.ts';
import type { Report } from '../ground/report.ts';
import { plainOpen, plainRecord, plainSeal } from './plain-gcm.ts';

const POLICY = new URL('../flow/sealstream.yaml', import.meta.url);
const FIELDS = ['ssn', 'email', 'card'];
const AGAINST = 'node:crypto AES-256-GCM with base64url';
/** Records that are treated one after the other, so that no single one is always in the cache. */
const RECORDS = 1000;

const METHODS: Readonly<Record<string, SealMethod>> = {
  'AES-256-GCM token': { ...DEFAULT_SEAL, algorithm: 'aes-256-gcm' },
  'deterministic token': { ...DEFAULT_SEAL, algorithm: 'xchacha20-poly1305-siv' },
  JWE: { ...DEFAULT_SEAL, form: 'jwe', algorithm: 'aes-256-gcm' },
  Fernet: { ...DEFAULT_SEAL, form: 'fernet', algorithm: 'fernet' },
};

/** What all rows share. */
interface Run {
  readonly report: Report;
  readonly keys: KeySource;
  readonly calls: number;
}

export const CRYPTO: Bench = {
  name: 'crypto',
  summary: 'what sealing and opening a field, a record and a hash take, in CPU time on one core',
  about: [
    'Times hold base64url, padding, associated data and nonce. Each figure is the median of nine',
    'rounds of CPU time; the reference is node:crypto in the same process.',
  ],
  options: {
    calls: { takes: 'N', default: '50000', meaning: 'calls in one round' },
  },
  examples: ['', '--json --calls 5000'],
  run: async (asked, report) => {
    const calls = asked.whole('calls', 100, 10_000_000);
    const dir = mkdtempSync(join(tmpdir(), 'sealstream-bench-crypto-'));
    try {
      const keys = applyKeyring(join(dir, 'keyring.json'), { create: true });
      const run = { report, keys, calls };
      tokens(run);
      records(run);
      plan(run);
      forms(run);
    } finally {
      rmSync(dir, { recursive: true });
    }
  },
};

function tokens(run: Run): void {
  const cipher = fieldCipher('people', '/ssn');
  const small = Buffer.from('some.name@example.com');
  const large = Buffer.alloc(1024, 'x');
  pair(run, 'field', cipher, small, { seal: '<= 2.2', open: '<= 2.2' });
  pair(run, 'field', cipher, large, { seal: '<= 4' });
}

/** Sealing and opening one value, each beside the reference on the same value. */
function pair(
  run: Run,
  what: string,
  cipher: FieldCipher,
  value: Buffer,
  goals: { readonly seal?: Goal; readonly open?: Goal } = {},
): void {
  const { keys } = run;
  const out = new ByteWriter(4096);
  const bytes = value.length;
  const sealed = cpuMicros(run.calls, () => {
    out.reset();
    cipher.sealInto(keys, 'string', value, 0, bytes, out);
  });
  const plain = cpuMicros(run.calls, () => void plainSeal(value));
  say(run, `seal ${what}`, sealed, plain, bytes, goals.seal);
  const token = cipher.seal(keys, 'string', value);
  const opened = cpuMicros(run.calls, () => void cipher.open(keys, token));
  const theirs = plainSeal(value);
  const plainly = cpuMicros(run.calls, () => void plainOpen(theirs));
  say(run, `open ${what}`, opened, plainly, bytes, goals.open);
}

function records(run: Run): void {
  const cipher = new RecordCipher('accepted', 'people', 'accepted');
  const value = personJson(1, 350);
  const whole = (bytes: Buffer) => ({ bytes, from: 0, to: bytes.length });
  const binding = {
    source: whole(Buffer.alloc(16)),
    key: whole(Buffer.alloc(22)),
    headers: whole(Buffer.alloc(25)),
  };
  const sealed = Buffer.from(cipher.sealRange(run.keys, binding, value));
  const plain = new Scratch();
  const reference = cpuMicros(run.calls, () => void plainSeal(value));
  const seal = cpuMicros(run.calls, () => void cipher.sealRange(run.keys, binding, value));
  say(run, 'seal record', seal, reference, value.length, '<= 2.5');
  const token = plainSeal(value);
  const opening = cpuMicros(run.calls, () => void plainOpen(token));
  const open = cpuMicros(run.calls, () => {
    cipher.openRange(run.keys, binding, whole(sealed), plain);
  });
  say(run, 'open record', open, opening, value.length);
}

/** Three fields of a JSON record, from its bytes to the bytes that come out. */
function plan({ calls, keys, report }: Run): void {
  const dataset = datasetOf(parsePolicy(readFileSync(POLICY, 'utf8'), 'bench'), 'bench');
  const treat = encryptPlan(dataset);
  const people = Array.from({ length: RECORDS }, (_, index) => personJson(index, 350));
  const tally = new Tally();
  const out = new ByteWriter(4096);
  const own = cpuMicros(calls, (call) => {
    const json = people[call % RECORDS];
    out.reset();
    const refusal = treat.rewrite(json, 0, json.length, keys, tally, out);
    if (refusal !== undefined) throw new Error(`the record was refused: ${refusal.code}`);
  });
  const plain = cpuMicros(calls, (call) => void plainRecord(people[call % RECORDS], FIELDS));
  report.lines([
    lineOf({
      what: '3 fields of a record',
      figure: 1e6 / own,
      reference: 1e6 / plain,
      unit: 'records/s',
      against: 'JSON.parse, node:crypto AES-256-GCM, JSON.stringify',
      places: 0,
      goal: '>= 120000',
      with: { bytes: 350, calls },
    }),
  ]);
}

function forms(run: Run): void {
  const value = Buffer.from('some.name@example.com');
  for (const [name, method] of Object.entries(METHODS))
    pair(run, name, fieldCipher('people', '/ssn', method), value);
  const hash = new KeyedHash('hash', 'people', '/email');
  const out = new ByteWriter(64);
  const own = cpuMicros(run.calls, () => {
    out.reset();
    hash.digestInto(run.keys, value, 0, value.length, out);
  });
  say(run, 'keyed hash', own, null, value.length);
}

function say(
  { calls, report }: Run,
  what: string,
  figure: number,
  reference: number | null,
  bytes: number,
  goal?: Goal,
): void {
  report.lines([
    lineOf({
      what,
      figure,
      reference,
      unit: 'µs',
      against: reference === null ? 'nothing' : AGAINST,
      places: 2,
      goal,
      with: { bytes, calls },
    }),
  ]);
}
