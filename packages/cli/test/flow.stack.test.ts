import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { auditTopic, KEYSET_PURPOSES } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { startFlow, stopFlow, until } from './flow-processes.ts';
import { type Ran, ran } from './surroundings.ts';
import { eventsOfCli, type ToldEvent, valuesOf } from './topic-values.ts';

const stack = inject('stack');
const id = randomBytes(4).toString('hex');
const D = `cli-${id}`;
const TOPICS = ['encrypted', 'masked', 'rejected', 'accepted', 'raw'].map((role) => `${role}.${D}`);
const dir = mkdtempSync(join(tmpdir(), 'sealstream-cli-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
const quiet = () => undefined;

let bus: Bus;

/** A row that the first revision knows, and one with a field that only the second one names. */
const row = (n: number) => `{"name":"Ann ${n}","ssn":"123-45-${1000 + n}","amount":${n}.50}`;
const newRow = (n: number) => `{"name":"Bob ${n}","ssn":"234-56-${1000 + n}","city":"Bern"}`;

function writePolicy(revision: number): void {
  const city = revision === 1 ? '' : '\n      /city: { type: string, mask: keep, encrypt: seal }';
  writeFileSync(
    policyFile,
    `version: 1
datasets:
  ${D}:
    revision: ${revision}
    topics: { raw: raw.${D} }
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    headers: []
    required: [/name, /ssn]
    fields:
      /name: { type: string, mask: redact, encrypt: seal }
      /ssn: { type: string, mask: { partial: { hideLast: 4, with: X } }, encrypt: seal }
      /amount: { type: number, mask: keep, encrypt: keep }${city}
`,
  );
}

function sealstream(line: string, stdin = ''): Promise<Ran> {
  const words = line.replaceAll('DATASET', D).split(' ');
  const isOurs = !['keys list', 'audit', 'validate', 'init'].some((name) => line.startsWith(name));
  const policy = isOurs ? ['--policy', policyFile] : [];
  const keys = /^(keys|tail|replay|reprocess|rewrap)/.test(line) ? ['--key-dir', keyDir] : [];
  return ran([...words, ...policy, ...keys], { env, stdin });
}

const jsonOf = ({ out }: Ran) => JSON.parse(out) as Record<string, unknown>;
const linesOf = ({ out }: Ran) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function countOf(topic: string): Promise<number> {
  return linesOf(await sealstream(`tail ${topic}`)).length;
}

/** The command's events about the dataset so far. */
async function events(type: string): Promise<ToldEvent[]> {
  const found = await eventsOfCli(bus);
  return found.filter((event) => event.type === type && event.dataset === D);
}

/** Every value of a topic, as text in which each byte is a character. */
async function bytesOf(topic: string): Promise<string> {
  return Buffer.concat(await valuesOf(bus, topic)).toString('latin1');
}

async function keysIn(purpose: string): Promise<{ id: string; state: string }[]> {
  const { keysets } = jsonOf(await sealstream('keys list --json')) as {
    keysets: { name: string; keys: { id: string; state: string }[] }[];
  };
  return keysets.find(({ name }) => name === `${purpose}/${D}`)?.keys ?? [];
}

const serviceEnv = {
  ...env,
  SEALSTREAM_POLICY_FILE: policyFile,
  SEALSTREAM_KEY_DIR: keyDir,
  SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(keyDir, 'signer.pub'),
};

beforeAll(async () => {
  bus = await openBus({
    brokers: stack.kafkaBrokers.split(','),
    clientId: 'test',
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  writePolicy(1);
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
});

afterAll(async () => {
  await stopFlow();
  await bus.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('the command on real servers', () => {
  test('plans and creates topics once, and notes which are its own', async () => {
    const plan = await sealstream('topics plan --partitions 2 --json');
    expect(plan.exit).toBe(1);
    const states = (from: Ran) =>
      Object.fromEntries(
        (jsonOf(from)['topics'] as { topic: string; state: string; isOurs: boolean }[])
          .filter(({ topic }) => TOPICS.includes(topic))
          .map(({ isOurs, state, topic }) => [topic, `${state} ${isOurs}`]),
      );
    expect(new Set(Object.values(states(plan)))).toEqual(new Set(['missing false']));
    await sealstream('topics apply --partitions 2');
    // Other tests may have made the shared ones with fewer partitions.
    for (const name of ['ingest', 'mask', 'encrypt', 'cli'].map(auditTopic))
      if ((await bus.admin.partitionCount(name)) < 2) await bus.admin.growTopic(name, 2);
    const after = await sealstream('topics plan --json');
    expect(new Set(Object.values(states(after)))).toEqual(new Set(['ok true']));
    const again = await sealstream('topics apply --json');
    expect(again.err).toContain('"created":[]');
    expect(await bus.admin.partitionCount(`masked.${D}`)).toBe(2);
  });

  test('makes keysets, rotates them, and refuses to rotate hash', async () => {
    const made = await sealstream('keys rotate --missing --json');
    expect(made).toMatchObject({ exit: 0 });
    const changes = (from: Ran) =>
      (jsonOf(from)['changes'] as { name: string; action: string }[]).map(
        ({ action, name }) => `${name} ${action}`,
      );
    expect(changes(made)).toEqual(KEYSET_PURPOSES.map((purpose) => `${purpose}/${D} created`));
    const rotated = await sealstream('keys rotate --purpose field --json');
    expect(changes(rotated)).toEqual([`field/${D} rotated`]);
    const everything = await sealstream('keys rotate --json');
    const kept = changes(everything).filter((change) => change.endsWith('unchanged'));
    const rotating = ['accepted', 'rejected', 'field', 'producer'];
    const never = KEYSET_PURPOSES.filter((purpose) => !rotating.includes(purpose));
    expect(never).toEqual(expect.arrayContaining(['subject-index', 'hash', 'fpe']));
    expect(kept).toEqual(never.map((purpose) => `${purpose}/${D} unchanged`));
    const refused = await sealstream('keys rotate --purpose hash');
    expect(refused).toMatchObject({ exit: 2, err: expect.stringContaining('never rotate') });
    expect(await events('key-created')).toHaveLength(KEYSET_PURPOSES.length);
    expect((await events('key-rotated')).length).toBe(5);
    const listed = jsonOf(await sealstream('keys list --json'))['keysets'] as { name: string }[];
    expect(listed.filter(({ name }) => name.endsWith(D))).toHaveLength(KEYSET_PURPOSES.length);
    expect(JSON.stringify(listed)).not.toMatch(/wrapped|digest/);
  });

  test('publishes a CSV file and NDJSON lines, spread over the partitions', async () => {
    const csv = `name,ssn,amount\nCarl,345-67-1234,7.25\nbroken\nDora,456-78-1234,\n`;
    const fromCsv = await sealstream('ingest --dataset DATASET --json -', csv);
    expect(fromCsv.exit).toBe(1);
    expect(jsonOf(fromCsv)).toMatchObject({ published: 2, bad: 1 });
    expect(fromCsv.err).toContain('RECORD_INVALID_CSV');
    const lines = [...Array(1200).keys()].map(row).join('\n');
    const fromLines = await sealstream('ingest --dataset DATASET --json', `${lines}\n`);
    expect(jsonOf(fromLines)).toMatchObject({ published: 1200, bad: 0 });
    const rejects = [0, 1, 2].map(newRow).join('\n');
    await sealstream('ingest --dataset DATASET', `${rejects}\n{"name":1}\n`);
    const [first, second] = await Promise.all(
      [0, 1].map((partition) => bus.admin.offset(`raw.${D}`, partition, 'latest')),
    );
    expect([Number(first), Number(second)].every((count) => count >= 500)).toBe(true);
    expect(linesOf(await sealstream(`tail raw.${D} --max 1`))).toHaveLength(1);
    const written = linesOf(await sealstream(`tail raw.${D}`)).map(({ value }) => value);
    expect(written).toContainEqual({ name: 'Carl', ssn: '345-67-1234', amount: 7.25 });
    expect((await events('read')).at(-1)).toMatchObject({ details: { role: 'raw' } });
  });

  test('shows what the services made of it, opened again on request', async () => {
    startFlow(serviceEnv);
    await until(async () => (await countOf(`encrypted.${D}`)) === 1202, 'encrypted');
    await until(async () => (await countOf(`masked.${D}`)) === 1202, 'masked');
    const masked = linesOf(await sealstream(`tail masked.${D} --max 3`));
    // Which partition comes first is not promised.
    const ssn = expect.stringMatching(/^\d{3}-\d{2}-XXXX$/) as string;
    expect(masked[0]).toMatchObject({ value: { name: '[redacted]', ssn } });
    expect(masked[0]?.['source']).toMatch(/^[0-9a-f]{8}\/\d\/\d+$/);
    const sealed = await sealstream(`tail encrypted.${D}`);
    expect(sealed.out).not.toContain('Ann ');
    const reads = (await events('read')).length;
    const opened = await sealstream(`tail encrypted.${D} --open`);
    const values = opened.out.match(/(?<="value":).*(?=,"source")/g) ?? [];
    // Byte for byte: 1.50 is still 1.50.
    expect(values).toEqual(expect.arrayContaining([...Array(1200).keys()].map(row)));
    expect(await events('read')).toHaveLength(reads + 1);
    const accepted = linesOf(await sealstream(`tail accepted.${D} --open --max 1`));
    expect(accepted[0]?.['value']).toHaveProperty('ssn');
    const rejected = linesOf(await sealstream(`tail rejected.${D}`));
    expect(rejected).toHaveLength(4);
    const codes = rejected.map(({ reject }) => (reject as { code: string }).code);
    expect(new Set(codes)).toEqual(new Set(['RECORD_UNKNOWN_FIELD', 'RECORD_WRONG_TYPE']));
    const inside = await sealstream(`tail rejected.${D} --open`);
    expect(inside.out).toContain('"city":"Bern"');
  });

  test('shows where the stages stand, and sets no offset of one that lives', async () => {
    const shown = jsonOf(await sealstream('offsets show --dataset DATASET --json'));
    const positions = shown['positions'] as { stage: string; lag: string; members: number }[];
    expect(positions.filter(({ stage }) => stage !== 'replay')).toHaveLength(6);
    expect(positions.find(({ stage }) => stage === 'mask')).toMatchObject({ lag: '0', members: 1 });
    const refused = await sealstream('offsets set --dataset DATASET --stage mask --to earliest');
    expect(refused).toMatchObject({ exit: 2, err: expect.stringContaining('GROUP_HAS_MEMBERS') });
    expect(await events('offsets-set')).toEqual([]);
  });

  test('pauses a stage, which then commits nothing, and lets it go on', async () => {
    const before = await countOf(`masked.${D}`);
    await sealstream('pause --dataset DATASET --stage mask');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await sealstream('ingest --dataset DATASET', `${row(5000)}\n`);
    await until(async () => (await countOf(`encrypted.${D}`)) === before + 1, 'encrypted alone');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await countOf(`masked.${D}`)).toBe(before);
    await sealstream('resume --dataset DATASET --stage mask');
    await until(async () => (await countOf(`masked.${D}`)) === before + 1, 'masked again');
    expect((await events('paused')).length).toBe(1);
  });

  test('replays: still bad is rejected with one attempt more, and a second replay does nothing', async () => {
    const look = jsonOf(await sealstream('replay --dataset DATASET --dry-run --json'));
    expect(look).toMatchObject({ open: 4, chosen: 4, replayed: null });
    expect(await events('replayed')).toEqual([]);
    const first = await sealstream('replay --dataset DATASET --json');
    expect(first.exit).toBe(1);
    expect(jsonOf(first)['replayed']).toEqual({ accepted: 0, rejected: 4, kept: 0 });
    const count = await countOf(`rejected.${D}`);
    expect(count).toBe(8);
    const second = jsonOf(await sealstream('replay --dataset DATASET --json'));
    expect(second).toMatchObject({ open: 4, chosen: 0, replayed: null });
    expect(await countOf(`rejected.${D}`)).toBe(count);
    expect(await events('replayed')).toHaveLength(1);
  });

  test('replays under a mended policy: what fits reaches both outputs, once', async () => {
    await stopFlow();
    writePolicy(2);
    startFlow(serviceEnv);
    const before = await countOf(`masked.${D}`);
    const some = await sealstream('replay --dataset DATASET --json --code RECORD_UNKNOWN_FIELD');
    expect(some.exit).toBe(0);
    expect(jsonOf(some)['replayed']).toEqual({ accepted: 3, rejected: 0, kept: 1 });
    await until(async () => (await countOf(`masked.${D}`)) === before + 3, 'replayed, masked');
    await until(async () => (await countOf(`encrypted.${D}`)) === before + 3, 'and encrypted');
    const masked = linesOf(await sealstream(`tail masked.${D}`));
    const again = masked.filter(({ attempt }) => attempt === 2);
    expect(again.map(({ value }) => (value as { city: string }).city)).toEqual(
      Array(3).fill('Bern'),
    );
    // The one that was put back is open still, and the only one.
    const left = jsonOf(await sealstream('replay --dataset DATASET --dry-run --json'));
    expect(left).toMatchObject({ open: 1, byReason: { 'ingest RECORD_WRONG_TYPE': 1 } });
  });

  test('reprocesses accepted onto a topic of its own, and goes on where it ended', async () => {
    const target = `again.${D}`;
    const line = `reprocess --dataset DATASET --stage mask --from 1h --to-topic ${target} --json`;
    expect(await sealstream(line)).toMatchObject({
      exit: 3,
      err: expect.stringContaining('TOPIC_MISSING'),
    });
    await bus.admin.createTopic(target, 2, 1, {});
    const done = jsonOf(await sealstream(line));
    expect(done).toMatchObject({ written: await countOf(`masked.${D}`), leftOut: 0 });
    expect(await countOf(target)).toBe(done['written']);
    expect(jsonOf(await sealstream(line))).toMatchObject({ written: 0 });
    expect(await countOf(target)).toBe(done['written']);
    const own = await sealstream(
      `reprocess --dataset DATASET --stage mask --from 1h --to-topic masked.${D}`,
    );
    expect(own).toMatchObject({ exit: 2, err: expect.stringContaining('topic of the flow') });
  });

  test('copies all to a target that was deleted and made anew, and nothing to one of unknown origin', async () => {
    const [source, target] = [`encrypted.${D}`, `anew-twice.${D}`];
    const line = `rewrap ${source} ${target} --json`;
    const count = await countOf(source);
    await bus.admin.createTopic(target, 2, 1, {});
    expect(jsonOf(await sealstream(line))).toMatchObject({ rewrapped: count, resumed: false });
    const again = await sealstream(line);
    expect(jsonOf(again)).toMatchObject({ rewrapped: 0, resumed: true });
    await bus.admin.deleteTopic(target);
    await bus.admin.createTopic(target, 2, 1, {});
    expect(jsonOf(await sealstream(line))).toMatchObject({ rewrapped: count, resumed: false });
    expect(await countOf(target)).toBe(count);
    const other = await sealstream(`rewrap accepted.${D} ${target} --json`);
    expect(other).toMatchObject({ exit: 2, err: expect.stringContaining('name an empty topic') });
    expect(await countOf(target)).toBe(count);
  });

  test('rewraps encrypted and accepted under the keys of now, and what it gives opens to the same', async () => {
    const opened = async (topic: string, policy: string) => {
      const line = ['tail', topic, '--open', '--key-dir', keyDir, '--policy', policy];
      const lines = linesOf(await ran(line, { env }));
      return lines.map(({ partition, value }) => JSON.stringify([partition, value])).sort();
    };
    for (const [role, purpose] of [
      ['encrypted', 'field'],
      ['accepted', 'accepted'],
    ] as const) {
      const [source, target] = [`${role}.${D}`, `anew.${role}.${D}`];
      await bus.admin.createTopic(target, 2, 1, {});
      const before = await bytesOf(source);
      await sealstream(`keys rotate --dataset DATASET --purpose ${purpose}`);
      const line = `rewrap ${source} ${target} --json`;
      const done = jsonOf(await sealstream(line));
      expect(done).toMatchObject({ rewrapped: await countOf(source), asTheyStand: 0 });
      expect(jsonOf(await sealstream(line))).toMatchObject({ rewrapped: 0, asTheyStand: 0 });
      // The same policy, in which the copy has the place of the topic.
      const moved = join(dir, `${role}.yaml`);
      const text = readFileSync(policyFile, 'utf8');
      writeFileSync(moved, text.replace(' }\n    format', `, ${role}: ${target} }\n    format`));
      expect(await opened(target, moved)).toEqual(await opened(source, policyFile));
      const keys = await keysIn(purpose);
      const keyId = keys.find(({ state }) => state === 'active')?.id ?? '';
      const after = await bytesOf(target);
      expect(before.includes(keyId)).toBe(false);
      expect(after.split(keyId).length - 1).toBeGreaterThanOrEqual(Number(done['rewrapped']));
      for (const old of keys) if (old.id !== keyId) expect(after).not.toContain(old.id);
    }
    const own = await sealstream(`rewrap encrypted.${D} masked.${D}`);
    expect(own).toMatchObject({ exit: 2, err: expect.stringContaining('topic of the flow') });
    const raw = await sealstream(`rewrap raw.${D} anew.encrypted.${D}`);
    expect(raw).toMatchObject({ exit: 2, err: expect.stringContaining('accepted or encrypted') });
  });

  test('copies what does not open as it stands, and says how many', async () => {
    const source = `encrypted.${D}`;
    const value = Buffer.from('{"name":"ss1:AAAAAAAAAAAA:AAAA","ssn":"ss1:AAAAAAAAAAAA:AAAA"}');
    await bus.append(source, 0, [{ key: null, value, headers: [] }]);
    const run = await sealstream(`rewrap ${source} anew.${source} --json`);
    expect(run.exit).toBe(1);
    expect(jsonOf(run)).toMatchObject({ rewrapped: 0, asTheyStand: 1 });
    expect(await bytesOf(`anew.${source}`)).toContain(value.toString());
  });

  test('sets the offsets of a stopped stage, audited first', async () => {
    await stopFlow();
    const set = await sealstream('offsets set --dataset DATASET --stage mask --to latest --json');
    expect(set.exit).toBe(0);
    expect(await events('offsets-set')).toHaveLength(2);
    const beyond = await sealstream(
      'offsets set --dataset DATASET --stage mask --to 999999 --partition 0',
    );
    expect(beyond).toMatchObject({ exit: 2, err: expect.stringContaining('within the log') });
  });

  test('says that rejects grew too old before it goes on with what is left', async () => {
    const topic = `rejected.${D}`;
    for (const partition of [0, 1])
      await bus.admin.deleteBefore(
        topic,
        partition,
        await bus.admin.offset(topic, partition, 'latest'),
      );
    const lost = await sealstream('replay --dataset DATASET');
    expect(lost).toMatchObject({
      exit: 1,
      err: expect.stringMatching(/^OFFSETS_LOST: .*--to earliest/),
    });
    await sealstream('offsets set --dataset DATASET --stage replay --to earliest');
    expect(jsonOf(await sealstream('replay --dataset DATASET --json'))).toMatchObject({ open: 0 });
  });

  test('grows outputs before raw, and deletes its own topics only', async () => {
    const foreign = `foreign.${D}`;
    await bus.admin.createTopic(foreign, 1, 1, {});
    const grown = jsonOf(await sealstream('topics grow --dataset DATASET --partitions 3 --json'));
    const order = (grown['grown'] as { topic: string }[]).map(({ topic }) => topic);
    expect(order.filter((topic) => TOPICS.includes(topic))).toEqual(TOPICS);
    expect(await bus.admin.partitionCount(`raw.${D}`)).toBe(3);
    const shown = await sealstream('topics delete --dataset DATASET');
    expect(shown.exit).toBe(2);
    expect(await bus.admin.partitionCount(`raw.${D}`)).toBe(3);
    const gone = jsonOf(await sealstream('topics delete --dataset DATASET --yes --json'));
    expect(new Set(gone['deleted'] as string[])).toEqual(new Set(TOPICS));
    expect(await bus.admin.partitionCount(foreign)).toBe(1);
  });

  test('takes a topic that somebody else made anew for theirs', async () => {
    await sealstream('topics apply --dataset DATASET --partitions 2');
    await bus.admin.deleteTopic(`masked.${D}`);
    await until(async () => (await bus.admin.partitionCount(`masked.${D}`)) === 0, 'deleted');
    await bus.admin.createTopic(`masked.${D}`, 1, 1, {});
    const refused = await sealstream('topics grow --dataset DATASET');
    expect(refused).toMatchObject({ exit: 2, err: expect.stringContaining('TOPIC_NOT_OURS') });
    const gone = await sealstream('topics delete --dataset DATASET --yes');
    expect(gone.err).toContain(`masked.${D} stays`);
    expect(await bus.admin.partitionCount(`masked.${D}`)).toBe(1);
  });
});
