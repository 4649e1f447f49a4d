import { randomBytes, randomInt } from 'node:crypto';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeSourced, LogWriter, readAuditKey } from '@sealstream/audit-log';
import { type Bus, openBus } from '@sealstream/bus';
import { auditTopic } from '@sealstream/contracts';
import { epochFiles, fileProvider, openSubjects, readPublicKeyFile } from '@sealstream/keyring';
import { KafkaKeysetHeads } from '@sealstream/service';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { sealstream as built } from './built-cli.ts';
import { type Ran, ran } from './surroundings.ts';
import { valuesOf } from './topic-values.ts';

const stack = inject('stack');
const D = `subjects-${randomBytes(4).toString('hex')}`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-subjects-cli-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
/** Random, so that it can be searched for in all that was written. */
const canary = `ann-${randomInt(1e12)}-${randomInt(1e12)}`;
const all: Ran[] = [];
let bus: Bus;

async function sealstream(line: string, stdin = ''): Promise<Ran> {
  const words = line.split(' ');
  const policy = /^(topics|keys rotate|subjects (shred|list))/.test(line);
  const keys = /^(keys|subjects)/.test(line);
  const given = [
    ...(policy ? ['--policy', policyFile] : []),
    ...(keys ? ['--key-dir', keyDir] : []),
  ];
  const done = await ran([...words, ...given], { env, stdin });
  all.push(done);
  return done;
}

const jsonOf = ({ out }: Ran) => JSON.parse(out) as Record<string, unknown>;

async function eventsHere(): Promise<Buffer[]> {
  return (await valuesOf(bus, auditTopic('cli'))).filter((value) => value.includes(D));
}

async function typesTold(): Promise<string[]> {
  return (await eventsHere()).map(
    (value) => (JSON.parse(value.toString()) as { type: string }).type,
  );
}

/** Gives a subject a key, as a service would. */
async function makeKey(index: string): Promise<string> {
  const subjects = await openSubjects({
    dataset: D,
    redisUrl: stack.redisUrl,
    epochs: {
      store: epochFiles(join(dirname(keyDir), 'epochs')),
      provider: fileProvider(keyDir, ['subject']),
    },
    mayCreate: true,
    signerPublicKey: readPublicKeyFile(join(keyDir, 'signer.pub')),
    heads: new KafkaKeysetHeads(bus),
    logger,
  });
  const use = {
    purpose: 'subject',
    algorithm: 'xchacha20-poly1305',
    format: 'field-token',
    dataset: D,
    path: '/ssn',
  } as const;
  const bytes = Buffer.from(index, 'base64url');
  try {
    await subjects.ready();
    const ask = () => subjects.keys.active(use, bytes, 0).id;
    expect(ask).toThrow('SUBJECT_KEYS_WANTED');
    await subjects.keys.bring();
    return ask();
  } finally {
    subjects.stop();
  }
}

beforeAll(async () => {
  bus = await openBus({ brokers: stack.kafkaBrokers.split(','), clientId: 'test', logger });
  writeFileSync(
    policyFile,
    `version: 1
datasets:
  ${D}:
    revision: 1
    topics: { raw: raw.${D} }
    format: json
    subject: /ssn
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    headers: []
    required: [/ssn]
    fields:
      /ssn: { type: string, mask: redact, encrypt: seal }
`,
  );
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  // 1 says that topics which all datasets share were made by other tests, with other partitions.
  expect([0, 1]).toContain((await sealstream('topics apply --partitions 1')).exit);
});

afterAll(async () => {
  await bus.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('sealstream subjects', () => {
  let index = '';
  let keyId = '';
  const backup = join(dir, 'one.backup');

  test('begins with keys rotate, which makes the register and its first epoch', async () => {
    const made = jsonOf(await sealstream('keys rotate --missing --json'));
    expect(made['changes']).toContainEqual(
      expect.objectContaining({ name: `subject/${D}`, version: 1, action: 'created' }),
    );
    const again = jsonOf(await sealstream('keys rotate --purpose subject --json'));
    expect(again['changes']).toEqual([
      expect.objectContaining({ name: `subject/${D}`, action: 'unchanged' }),
    ]);
    expect(statSync(join(dirname(keyDir), 'epochs', `${D}.epochs`)).mode & 0o777).toBe(0o600);
    const { exit, out } = await sealstream('keys list --json');
    expect(out).not.toContain(`subject/${D}`);
    expect(exit).toBeLessThanOrEqual(1);
  });

  test('finds a subject by its value from stdin or a file, and by its index', async () => {
    const none = jsonOf(await sealstream(`subjects show --dataset ${D} --json`, `${canary}\n`));
    expect(none).toMatchObject({ state: 'none', index: expect.stringMatching(/^[\w-]{22}$/) });
    index = String(none['index']);
    keyId = await makeKey(index);
    const file = join(dir, 'value.txt');
    writeFileSync(file, canary);
    for (const how of [`--value-file ${file}`, `--index ${index}`])
      expect(jsonOf(await sealstream(`subjects show --dataset ${D} --json ${how}`))).toMatchObject({
        index,
        state: 'live',
        keyId,
      });
  });

  test('shows with --plan what a shred does, and does nothing without --yes', async () => {
    const plan = await sealstream(`subjects shred --dataset ${D} --plan`);
    expect([plan.exit, plan.out]).toEqual([0, expect.stringContaining(`accepted.${D}`)]);
    const refused = await sealstream(`subjects shred --dataset ${D} --reason R1`, canary);
    expect([refused.exit, refused.err]).toEqual([2, expect.stringContaining('--yes')]);
    const nobody = await sealstream(`subjects shred --dataset ${D} --reason R1 --yes`, '\n');
    expect(nobody.exit).toBe(2);
    const wrong = await sealstream(
      `subjects shred --dataset ${D} --reason R1 --yes --index ${canary}`,
    );
    expect(wrong.exit).toBe(2);
    for (const command of ['show', 'shred --reason R1 --yes', 're-enrol --reason R1'])
      expect((await sealstream(`subjects ${command} --dataset ${D} ${canary}`)).exit).toBe(2);
    expect(
      jsonOf(await sealstream(`subjects list --dataset ${D} --json`))['subjects'],
    ).toMatchObject([{ live: 1, tombstones: 0, shreds: 0 }]);
  });

  test('backs up to a file that it never overwrites', async () => {
    const done = jsonOf(await sealstream(`subjects backup --dataset ${D} ${backup} --json`));
    expect(done).toMatchObject({ records: 1, shreds: 0 });
    expect((await sealstream(`subjects backup --dataset ${D} ${backup}`)).exit).toBe(2);
  });

  test('shreds with a receipt that verifies without a server, the same the second time', async () => {
    const line = `subjects shred --dataset ${D} --reason R-4711 --yes`;
    const first = await sealstream(line, canary);
    expect(first.exit).toBe(0);
    const again = await sealstream(line, canary);
    expect(again.out).toBe(first.out);
    const receipt = join(dir, 'receipt.txt');
    writeFileSync(receipt, first.out);
    const said = jsonOf(await sealstream(`subjects verify-receipt ${receipt} --json`));
    expect(said).toMatchObject({ action: 'shred', dataset: D, index, keyId, reason: 'R-4711' });
    writeFileSync(receipt, first.out.replace('R-4711', 'R-4712'));
    const forged = await sealstream(`subjects verify-receipt ${receipt}`);
    expect([forged.exit, forged.err]).toEqual([1, expect.stringContaining('KEYSET_BAD_SIGNATURE')]);
    expect(
      jsonOf(await sealstream(`subjects show --dataset ${D} --index ${index} --json`)),
    ).toMatchObject({ state: 'shredded', receipt: first.out });
    await expect(makeKey(index)).rejects.toThrow();
  });

  test('restores from the backup and the audit log without bringing the shredded subject back', async () => {
    const log = join(dir, 'audit');
    const { signer } = await readAuditKey(join(keyDir, 'audit.key'));
    const writer = await LogWriter.open({ dir: log, signer });
    const topic = auditTopic('cli');
    for (const [at, value] of (await eventsHere()).entries())
      await writer.append(encodeSourced({ topic, partition: 0, offset: BigInt(at) }, value));
    await writer.close();
    const redis = new Redis(stack.redisUrl);
    const register = `sealstream:keyset:subject/${D}`;
    await redis.del(register, `sealstream:shreds:${D}`, `sealstream:subject:${D}/${index}`);
    const lost = await sealstream(`subjects list --dataset ${D}`);
    expect([lost.exit, lost.err]).toEqual([3, expect.stringContaining('subjects restore')]);
    const restore = `subjects restore ${backup} --dataset ${D} --log ${log} --json`;
    const restored = jsonOf(await sealstream(restore));
    expect(restored).toMatchObject({ keys: 0, destroyed: 1, tombstones: 1, unreadable: 0 });
    expect(
      jsonOf(await sealstream(`subjects show --dataset ${D} --index ${index} --json`)),
    ).toMatchObject({ state: 'shredded' });
    await redis.del(register);
    const bundle = readdirSync(log, { recursive: true, encoding: 'utf8' }).find((name) =>
      name.includes('entries'),
    );
    const file = readdirSync(join(log, bundle ?? ''), { recursive: true, encoding: 'utf8' })
      .map((name) => join(log, bundle ?? '', name))
      .find((name) => statSync(name).isFile());
    const bytes = readFileSync(file ?? '');
    bytes[bytes.length - 9] ^= 1;
    writeFileSync(file ?? '', bytes);
    const corrupt = await sealstream(restore);
    expect([corrupt.exit, corrupt.err]).toEqual([1, expect.stringContaining('AUDIT_LOG_CORRUPT')]);
    bytes[bytes.length - 9] ^= 1;
    writeFileSync(file ?? '', bytes);
    expect((await sealstream(restore)).exit).toBe(0);
    redis.disconnect();
  });

  test('re-enrols a shredded subject, who gets another key', async () => {
    const line = `subjects re-enrol --dataset ${D} --reason R-4712 --json`;
    expect(jsonOf(await sealstream(line, canary))).toMatchObject({
      action: 're-enrol',
      outcome: 'done',
    });
    expect(await makeKey(index)).not.toBe(keyId);
    expect((await sealstream(line, canary)).exit).toBe(2);
  });

  test('rotates epochs with a backup', async () => {
    const file = join(dir, 'two.backup');
    const rotated = jsonOf(
      await sealstream(`subjects rotate-epoch --dataset ${D} --backup ${file} --json`),
    );
    expect(rotated).toMatchObject({ moved: 1, backup: { records: 1 } });
    const [listed] = jsonOf(await sealstream(`subjects list --dataset ${D} --json`))[
      'subjects'
    ] as { epochs: { id: string }[] }[];
    expect(listed.epochs.map(({ id }) => id)).toEqual([rotated['epoch']]);
    const table = await sealstream(`subjects list --dataset ${D}`);
    expect(table.out).toContain(String(rotated['epoch']));
  });

  test('lets a command end when the keys of subjects cannot be opened', async () => {
    const lacking = join(dir, 'lacking');
    cpSync(keyDir, lacking, { recursive: true });
    rmSync(join(lacking, 'subject.key'));
    await bus.admin.createTopic(`copy.${D}`, 1, 1, {});
    const words = ['rewrap', `encrypted.${D}`, `copy.${D}`, '--policy', policyFile];
    const { err, exit } = await built([...words, '--key-dir', lacking], { env });
    expect(err).toContain('KEY_FILE_MISSING');
    expect(exit).toBe(2);
  });

  test('says when no key stood under a value, which may be mistyped', async () => {
    const line = `subjects shred --dataset ${D} --reason R-4713 --yes`;
    const { err, exit } = await sealstream(line, `${canary}-mistyped`);
    expect([exit, err]).toEqual([0, expect.stringContaining('none was destroyed')]);
  });

  test('tells the audit log of each of these, and shows the value nowhere', async () => {
    expect(await typesTold()).toEqual(
      expect.arrayContaining([
        'key-created',
        'subject-shredded',
        'subjects-restored',
        'subject-re-enrolled',
        'epoch-rotated',
      ]),
    );
    const everything = [
      ...all.flatMap(({ err, out }) => [err, out]),
      ...(await eventsHere()).map(String),
    ].join('\n');
    expect(everything).toContain(index);
    expect(everything).not.toContain(canary);
  });
});
