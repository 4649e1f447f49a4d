import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { PURPOSES } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';

import { makeHsm } from '../../keyring/test/hsm-fixture.ts';
import { type LocalKms, startKms } from '../../keyring/test/kms-fixture.ts';
import { sealstream as built } from './built-cli.ts';
import { startFlow, stopFlow, until } from './flow-processes.ts';
import { type Ran, ran } from './surroundings.ts';
import { eventsOfCli } from './topic-values.ts';

const MAIN = join(import.meta.dirname, '../dist/main.js');
const stack = inject('stack');
const prefix = `rewrap-${randomBytes(4).toString('hex')}.`;
/** Only the first has topics and services; the others left the policy, and their keysets stay. */
const DATASETS = ['people', 'staff', 'pets'];
const dir = mkdtempSync(join(tmpdir(), 'sealstream-rewrap-'));
const [policyFile, allFile] = [join(dir, 'sealstream.yaml'), join(dir, 'all.yaml')];
const keysOf = (name: string) => join(dir, name, '.sealstream/keys');
const [oldDir, newDir] = [keysOf('old'), keysOf('new')];
const env: Record<string, string> = {
  KAFKA_BROKERS: stack.kafkaBrokers,
  REDIS_URL: stack.redisUrl,
  SEALSTREAM_NAME_PREFIX: prefix,
  SEALSTREAM_KEY_DIR: oldDir,
  SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(oldDir, 'signer.pub'),
};
const quiet = () => undefined;

let bus: Bus;
let kms: LocalKms;

interface Moved {
  readonly name: string;
  readonly action: string;
  readonly problem?: string;
}

const policyOf = (datasets: readonly string[]) =>
  ['version: 1', 'datasets:']
    .concat(
      datasets.map(
        (dataset) => `  ${dataset}:
    revision: 1
    topics: { raw: raw.${dataset} }
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    headers: []
    subject: /ssn
    required: [/ssn]
    fields:
      /ssn: { type: string, mask: redact, encrypt: seal }`,
      ),
    )
    .join('\n');

const row = (n: number) => `{"ssn":"123-45-${1000 + n}"}`;
const sealstream = (line: string, stdin = '', more: Readonly<Record<string, string>> = {}) =>
  ran(line.split(' '), { env: { ...env, ...more }, stdin });
const movedIn = ({ out }: Ran) => (JSON.parse(out) as { keysets: Moved[] }).keysets;

async function publish(rows: readonly string[]): Promise<void> {
  const lines = `${rows.join('\n')}\n`;
  const done = await sealstream(`ingest --dataset people --policy ${policyFile}`, lines);
  expect(done.exit).toBe(0);
}

/** The values of encrypted.people, opened with these settings. */
async function opened(more: Readonly<Record<string, string>>): Promise<string[]> {
  const line = `tail encrypted.people --open --policy ${policyFile}`;
  const { out } = await sealstream(line, '', more);
  return out.match(/(?<="value":).*(?=,"source")/g) ?? [];
}

async function encrypted(count: number): Promise<void> {
  const line = `tail encrypted.people --policy ${policyFile}`;
  const counted = async () => (await sealstream(line)).out.trim().split('\n').length === count;
  await until(counted, `${count} encrypted`);
}

/** The purpose and dataset of every key-rewrapped event so far. */
async function told(): Promise<string[]> {
  const found = (await eventsOfCli(bus)).filter(({ type }) => type === 'key-rewrapped');
  return found.map(({ dataset, details }) => `${String(details?.['purpose'])}/${dataset}`);
}

/** The settings under which the keys of the KMS are the outermost ones. */
function inKms(): Record<string, string> {
  const [AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = ''] = kms.secrets;
  return {
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    SEALSTREAM_KEY_PROVIDER: 'aws-kms',
    SEALSTREAM_KMS_ENDPOINT: kms.endpoint,
    SEALSTREAM_KMS_REGION: kms.region,
  };
}

/** Runs the built command and kills it as soon as it reports the first keyset. */
async function killedRewrap(): Promise<string> {
  const args = [MAIN, 'keys', 'rewrap', '--to-key-dir', newDir];
  const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ...env } });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
    child.kill('SIGKILL');
  });
  await once(child, 'exit');
  return said;
}

beforeAll(async () => {
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  bus = await openBus({
    brokers: stack.kafkaBrokers.split(','),
    clientId: 'test',
    namePrefix: prefix,
    logger,
  });
  kms = await startKms();
  await kms.createKeys('sealstream', PURPOSES);
  writeFileSync(policyFile, policyOf(['people']));
  writeFileSync(allFile, policyOf(DATASETS));
  for (const name of ['old', 'new'])
    expect((await ran(['init', '--no-policy', '--dir', join(dir, name)])).exit).toBe(0);
  const topics = await sealstream(`topics apply --partitions 1 --policy ${policyFile}`);
  expect(topics.exit, topics.err).toBe(0);
  expect((await sealstream(`keys rotate --policy ${allFile}`)).exit).toBe(0);
});
afterAll(async () => {
  await stopFlow();
  await bus.stop();
  await kms.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('keys rewrap', () => {
  test('says so when nothing names where to, or where the keysets are already', async () => {
    const nowhere = await sealstream('keys rewrap');
    expect(nowhere).toMatchObject({ exit: 2, err: expect.stringContaining('Say where to') });
    const same = await sealstream(`keys rewrap --to-key-dir ${oldDir}`);
    expect(same).toMatchObject({ exit: 2, err: expect.stringContaining('the present ones') });
  });

  test('that is killed in the middle is taken up, while the services go on', async () => {
    startFlow({
      ...env,
      SEALSTREAM_POLICY_FILE: policyFile,
      SEALSTREAM_KEY_DIR_NEXT: newDir,
    });
    await publish([1, 2, 3].map(row));
    await encrypted(3);
    expect(await killedRewrap()).toMatch(/rewrapped/);
    const rest = await sealstream(`keys rewrap --to-key-dir ${newDir} --json`);
    expect(rest.exit, rest.err).toBe(0);
    const all = DATASETS.flatMap((dataset) =>
      PURPOSES.map((purpose) => `${purpose}/${dataset}`),
    ).sort();
    expect(
      movedIn(rest)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(all);
    const actions = movedIn(rest).map(({ action }) => action);
    expect(new Set(actions)).toEqual(new Set(['unchanged', 'rewrapped']));
    const again = movedIn(await sealstream(`keys rewrap --to-key-dir ${newDir} --json`));
    expect(new Set(again.map(({ action }) => action))).toEqual(new Set(['unchanged']));
    await publish([4, 5].map(row));
    await encrypted(5);
    const events = await told();
    expect(new Set(events).size).toBe(events.length);
    // The one at which it was killed may have been written and not told.
    expect(events.length).toBeGreaterThanOrEqual(all.length - 1);
  });

  test('leaves records of before and after to the new key files alone', async () => {
    const both = [1, 2, 3, 4, 5].map(row);
    const old = await sealstream(`tail encrypted.people --open --policy ${policyFile}`);
    expect(old).toMatchObject({ exit: 1, err: expect.stringContaining('KEYSET_UNREADABLE') });
    expect(old.out).toBe('');
    // As the operator does: the new key files take the place of the old ones.
    for (const purpose of PURPOSES)
      copyFileSync(join(newDir, `${purpose}.key`), join(oldDir, `${purpose}.key`));
    expect((await opened({})).sort()).toEqual(both);
    await stopFlow();
    startFlow({ ...env, SEALSTREAM_POLICY_FILE: policyFile });
    await publish([row(6)]);
    await encrypted(6);
  });

  test('moves from key files to a KMS by the settings, and old records open there', async () => {
    const there = inKms();
    const moving = {
      ...there,
      SEALSTREAM_KEY_PROVIDER: 'file',
      SEALSTREAM_KEY_PROVIDER_NEXT: 'aws-kms',
    };
    const moved = await sealstream('keys rewrap --json', '', moving);
    expect(moved.exit, moved.err).toBe(0);
    expect(new Set(movedIn(moved).map(({ action }) => action))).toEqual(new Set(['rewrapped']));
    expect((await opened(there)).sort()).toEqual([1, 2, 3, 4, 5, 6].map(row));
    await stopFlow();
    startFlow({ ...env, ...there, SEALSTREAM_POLICY_FILE: policyFile });
    await publish([row(7)]);
    await encrypted(7);
  });

  test('moves from a KMS to an HSM, as a process of its own that then ends', async () => {
    const hsm = await makeHsm();
    onTestFinished(() => hsm.close());
    hsm.createKeys('sealstream', PURPOSES);
    const device = {
      ...hsm.env,
      SEALSTREAM_PKCS11_MODULE: hsm.module,
      SEALSTREAM_PKCS11_TOKEN: hsm.tokenLabel,
      SEALSTREAM_PKCS11_PIN_FILE: hsm.pinFile,
    };
    const moving = { ...env, ...inKms(), ...device, SEALSTREAM_KEY_PROVIDER_NEXT: 'pkcs11' };
    const moved = await built(['keys', 'rewrap', '--json'], { env: moving });
    expect(moved.exit, moved.err).toBe(0);
    expect(moved.out.toString().match(/"rewrapped"/g)).toHaveLength(
      DATASETS.length * PURPOSES.length,
    );
    const there = { ...device, SEALSTREAM_KEY_PROVIDER: 'pkcs11' };
    await stopFlow();
    startFlow({ ...env, ...there, SEALSTREAM_POLICY_FILE: policyFile });
    await publish([row(8)]);
    await encrypted(8);
    expect((await opened(there)).sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map(row));
  });

  test('names each keyset that it cannot move, and ends with 1', async () => {
    // Keysets are under the HSM now: the settings say that they are under key files.
    const third = keysOf('third');
    await ran(['init', '--no-policy', '--dir', join(dir, 'third')]);
    const line = `keys rewrap --purpose field --to-key-dir ${third} --json`;
    const failed = await sealstream(line);
    expect(failed.exit).toBe(1);
    expect(movedIn(failed)).toEqual(
      DATASETS.toSorted().map((dataset) => ({
        name: `field/${dataset}`,
        version: 0,
        action: 'failed',
        problem: 'KEYSET_UNREADABLE',
      })),
    );
  });
});
