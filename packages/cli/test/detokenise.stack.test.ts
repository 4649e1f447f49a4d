import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { auditTopic } from '@sealstream/contracts';
import {
  DatasetKeys,
  openKeyring,
  openVault,
  keyProvider,
  readPublicKeyFile,
} from '@sealstream/keyring';
import { KeyedHash } from '@sealstream/crypto';
import { FpeField } from '@sealstream/masking';
import { datasetOf, maskPlan, parsePolicy, Tally } from '@sealstream/policy';
import { KafkaKeysetHeads } from '@sealstream/service';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { type Ran, ran } from './surroundings.ts';
import { eventsOfCli, type ToldEvent } from './topic-values.ts';

const stack = inject('stack');
const D = `turned-${randomBytes(4).toString('hex')}`;
const P = `${D}-persons`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-detokenise-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const rule = { keepLast: 4 };
let bus: Bus;

function sealstream(line: string, stdin = '', more: Record<string, string> = {}): Promise<Ran> {
  const keys = line.startsWith('topics') ? [] : ['--key-dir', keyDir];
  const all = [...line.split(' '), '--policy', policyFile, ...keys];
  return ran(all, { env: { ...env, ...more }, stdin });
}

const detokenise = (more: string, stdin: string) =>
  sealstream(`detokenise --dataset ${D} --reason C-4711 ${more}`, stdin);

const card = () => Array.from({ length: 16 }, () => randomInt(10)).join('');

/** What mask makes of cards, with the same keys. */
async function masked(texts: readonly string[]): Promise<{ id: string; texts: string[] }> {
  const keyring = await openKeyring({
    redisUrl: stack.redisUrl,
    provider: keyProvider({ provider: 'file', dir: keyDir }, ['fpe']),
    purposes: ['fpe'],
    datasets: [D],
    sealTo: [],
    signerPublicKey: readPublicKeyFile(join(keyDir, 'signer.pub')),
    heads: new KafkaKeysetHeads(bus),
    logger,
  });
  try {
    await keyring.ready();
    const cipher = new FpeField(rule, { dataset: D, path: '/card' });
    const made = texts.map((text) => {
      const out = Buffer.alloc(text.length);
      expect(cipher.encrypt(keyring.keys, Buffer.from(text), out)).toBe(true);
      return out.toString();
    });
    const use = { purpose: 'fpe', algorithm: 'aes-256-ff1', format: 'format-preserving' } as const;
    return { id: keyring.keys.active({ ...use, dataset: D, path: '/card' }).id, texts: made };
  } finally {
    keyring.stop();
  }
}

/** What mask makes of one record about a person, with a vault of its own over the same Redis. */
async function tokenised(record: { ssn: string; mail: string }): Promise<Record<string, string>> {
  const { redisUrl } = stack;
  const purposes = ['vault', 'subject-index'] as const;
  const keyring = await openKeyring({
    redisUrl,
    provider: keyProvider({ provider: 'file', dir: keyDir }, purposes),
    purposes,
    datasets: [P],
    sealTo: [],
    signerPublicKey: readPublicKeyFile(join(keyDir, 'signer.pub')),
    heads: new KafkaKeysetHeads(bus),
    logger,
  });
  const { keys } = keyring;
  const opened = await openVault({ redisUrl, dataset: P, keys, logger });
  try {
    await keyring.ready();
    const bytes = new KeyedHash('subject-index', P, '#subject').digest(
      keys,
      Buffer.from(record.ssn),
    );
    const subject = { bytes, from: 0, to: bytes.length };
    const source = { bytes: Buffer.alloc(16), from: 0, to: 16 };
    const own = Object.assign(new DatasetKeys(keys, opened), {});
    Object.defineProperty(own, 'record', { value: { subject, source } });
    const policy = parsePolicy(readFileSync(policyFile, 'utf8'), policyFile);
    const plan = maskPlan(datasetOf(policy, P));
    for (;;) {
      try {
        const verdict = plan.apply(Buffer.from(JSON.stringify(record)), own, new Tally());
        if (!verdict.ok) throw new Error(verdict.code);
        return JSON.parse(verdict.value.toString()) as Record<string, string>;
      } catch (error) {
        if ((error as { code?: string }).code !== 'VAULT_ROWS_WANTED') throw error;
        await opened.vault.bring();
      }
    }
  } finally {
    opened.stop();
    keyring.stop();
  }
}

async function told(): Promise<ToldEvent[]> {
  const found = await eventsOfCli(bus);
  return found.filter(
    ({ dataset, type }) => (dataset === D || dataset === P) && type.startsWith('detokenise'),
  );
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
    required: [/card]
    fields:
      /card:
        type: string
        class: card
        mask: { fpe: { keepLast: 4 } }
        equalityOracle: { accepted: a test }
      /name: { type: string, mask: redact }
  ${P}:
    revision: 1
    topics: { raw: raw.${P} }
    subject: /ssn
    required: [/ssn]
    fields:
      /ssn: { type: string, class: ssn, mask: tokenise, equalityOracle: { accepted: a test } }
      /mail: { type: string, class: random, mask: tokenise, survivesShred: true }
`,
  );
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  // 1 says that topics which all datasets share were made by other tests, with other partitions.
  expect([0, 1]).toContain((await sealstream('topics apply --partitions 1')).exit);
  expect((await sealstream('keys rotate --missing')).exit).toBe(0);
});

afterAll(async () => {
  await bus.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('sealstream detokenise', () => {
  test('turns values back in their order, and tells the log before the first and after the last', async () => {
    const cards = Array.from({ length: 20 }, card);
    const { id, texts } = await masked(cards);
    expect(texts).not.toEqual(cards);
    const done = await detokenise(`--path /card --key ${id}`, `${texts.join('\r\n')}\n`);
    expect(done).toMatchObject({ exit: 0, out: `${cards.join('\n')}\n` });
    const details = { path: '/card', mask: 'fpe', keyId: id, values: 20, reason: 'C-4711' };
    expect((await told()).slice(-2)).toMatchObject([
      { type: 'detokenise-ordered', details },
      { type: 'detokenised', details: { ...details, turnedBack: 20 } },
    ]);
    // Neither event holds a value of either side.
    const log = JSON.stringify(await told());
    for (const value of [...cards, ...texts]) expect(log).not.toContain(value);
  });

  test('tells what the mask cannot have given by its line, and never repeats it', async () => {
    const cards = [card(), card()];
    const { texts } = await masked(cards);
    const lines = [texts[0], 'canary-12', texts[1]].join('\n');
    const done = await detokenise('--path /card', lines);
    expect(done).toMatchObject({ exit: 1, out: `${cards[0]}\n\n${cards[1]}\n` });
    expect(done.err).toContain('line 2: RECORD_VALUE_UNFIT');
    expect(done.err + done.out).not.toContain('canary');
    const json = await detokenise('--path /card --json', lines);
    expect(
      json.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { line: 1, value: cards[0] },
      { line: 2, problem: 'RECORD_VALUE_UNFIT' },
      { line: 3, value: cards[1] },
    ]);
    expect((await told()).at(-1)?.details).toMatchObject({ values: 3, turnedBack: 2 });
  });

  test('shows no value that would command the terminal, except as JSON', async () => {
    const { texts } = await masked(['4929\u001b[2J 1234 5678 9012']);
    const done = await detokenise('--path /card', texts.join('\n'));
    expect(done).toMatchObject({ exit: 1, out: '\n' });
    expect(done.err).toContain('line 1: the value has line breaks or control characters');
    const json = await detokenise('--path /card --json', texts.join('\n'));
    expect(JSON.parse(json.out)).toEqual({ line: 1, value: '4929\u001b[2J 1234 5678 9012' });
  });

  test('turns nothing back while the audit topic cannot be written', async () => {
    const namePrefix = `other-${randomBytes(3).toString('hex')}.`;
    const other = { SEALSTREAM_NAME_PREFIX: namePrefix };
    const run = (line: string) => sealstream(line, card(), other);
    const line = `detokenise --dataset ${D} --path /card --reason C-1`;
    expect((await run('topics apply --partitions 1')).exit).toBe(0);
    expect((await run('keys rotate --missing')).exit).toBe(0);
    expect(await run(line)).toMatchObject({ exit: 0, out: expect.stringMatching(/^\d{16}\n$/) });
    const admin = await openBus({
      brokers: stack.kafkaBrokers.split(','),
      clientId: 't',
      logger,
      namePrefix,
    });
    await admin.admin.deleteTopic(auditTopic('cli'));
    await admin.stop();
    const done = await run(line);
    expect(done).toMatchObject({ out: '', err: expect.stringContaining('TOPIC_MISSING') });
    expect(done.exit).not.toBe(0);
  });

  test('needs the key files of fpe, a reason, values, and a field whose mask can be turned back', async () => {
    const { texts } = await masked([card()]);
    const [text = ''] = texts;
    const bare = await sealstream(`detokenise --dataset ${D} --path /card`, text);
    expect(bare).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('--reason') });
    const empty = mkdtempSync(join(dir, 'no-keys-'));
    const unable = await ran(
      `detokenise --dataset ${D} --path /card --reason R --policy ${policyFile} --key-dir ${empty}`.split(
        ' ',
      ),
      { env, stdin: text },
    );
    expect(unable).toMatchObject({ exit: 2, out: '', err: expect.stringContaining('KEY_FILE') });
    for (const [more, stdin, said] of [
      ['--path /name', text, 'cannot be turned back'],
      ['--path /crad', text, 'did you mean /card?'],
      ['--path /card', '', 'one a line'],
      ['--path /card --key AAAAAAAAAAAA', text, 'No key of this field'],
      [`--path /card ${text}`, text, 'Values go to stdin'],
    ] as const) {
      const done = await detokenise(more, stdin);
      expect(done).toMatchObject({ exit: 2, out: '', err: expect.stringContaining(said) });
      expect(done.err).not.toContain(text);
    }
    // A key that is not there fails after the order was told, so the log says how it ended.
    expect((await told()).at(-1)?.details).toMatchObject({ turnedBack: 0, failed: 'KEY_UNKNOWN' });
  });
});

describe('sealstream detokenise of a vault', () => {
  const person = () => ({
    ssn: `canary-${randomInt(1e9)}`,
    mail: `canary-${randomInt(1e9)}@x.example`,
  });
  const back = (path: string, tokens: readonly (string | undefined)[]) =>
    sealstream(`detokenise --dataset ${P} --reason C-4712 --path ${path}`, tokens.join('\n'));
  const shred = (ssn: string) =>
    sealstream(`subjects shred --dataset ${P} --reason R-1 --yes`, ssn);

  test('turns tokens back, and refuses those of another field, unknown ones and a key', async () => {
    const [one, other] = [person(), person()];
    const tokens = [await tokenised(one), await tokenised(other)];
    for (const { ssn, mail } of tokens) {
      expect(ssn).toMatch(/^tok_[\w-]{22}$/);
      expect(mail).toMatch(/^tok_[\w-]{22}$/);
    }
    expect(await tokenised(one)).toEqual(tokens[0]);
    const done = await back(
      '/ssn',
      tokens.map(({ ssn }) => ssn),
    );
    expect(done).toMatchObject({ exit: 0, out: `${one.ssn}\n${other.ssn}\n` });
    const unfit = await back('/ssn', [tokens[0]?.['mail'], 'tok_never', tokens[1]?.['ssn']]);
    expect(unfit).toMatchObject({ exit: 1, out: `\n\n${other.ssn}\n` });
    expect(unfit.err).toContain('line 1: VAULT_ROW_REFUSED');
    expect(unfit.err).toContain('line 2: TOKEN_UNKNOWN');
    const keyed = await back('/ssn --key AAAAAAAAAAAA', ['tok_never']);
    expect(keyed).toMatchObject({
      exit: 2,
      err: expect.stringContaining('The vault knows the key'),
    });
    expect((await told()).at(-1)?.details).toMatchObject({ mask: 'tokenise', turnedBack: 1 });
  });

  test('finds a token unknown after the shred of its subject, except where it may survive', async () => {
    const [gone, stays] = [person(), person()];
    const [lost, kept] = [await tokenised(gone), await tokenised(stays)];
    const done = await shred(gone.ssn);
    expect(done).toMatchObject({
      exit: 0,
      err: expect.stringContaining('2 rows of the token vault'),
    });
    const after = await back('/ssn', [lost['ssn'], kept['ssn']]);
    expect(after).toMatchObject({ exit: 1, out: `\n${stays.ssn}\n` });
    expect(after.err).toContain('line 1: TOKEN_UNKNOWN');
    expect(await back('/mail', [lost['mail']])).toMatchObject({ exit: 0, out: `${gone.mail}\n` });
    await expect(tokenised(gone)).rejects.toThrow('SUBJECT_SHREDDED');
    const reEnrol = `subjects re-enrol --dataset ${P} --reason R-2`;
    expect(
      (await ran([...reEnrol.split(' '), '--key-dir', keyDir], { env, stdin: gone.ssn })).exit,
    ).toBe(0);
    const anew = await tokenised(gone);
    expect(anew['ssn']).not.toBe(lost['ssn']);
    expect(await back('/ssn', [anew['ssn']])).toMatchObject({ exit: 0, out: `${gone.ssn}\n` });
  });

  test('names what becomes of tokens in the plan of a shred', async () => {
    const plan = await sealstream(`subjects shred --dataset ${P} --plan --json`);
    const { fields } = JSON.parse(plan.out) as { fields: Record<string, string>[] };
    const after = (path: string) =>
      fields.find((field) => field['path'] === path && field['topic'] === `masked.${P}`)?.['after'];
    expect([after('/ssn'), after('/mail')]).toEqual(['opens-no-more', 'still-opens']);
  });

  test('is refused by apply, which has no vault', async () => {
    const line = `apply --stage mask --dataset ${P} --policy ${policyFile}`;
    const done = await ran(line.split(' '), { env, stdin: `${JSON.stringify(person())}\n` });
    expect(done).toMatchObject({ exit: 2, err: expect.stringContaining('VAULT_MISSING') });
    expect(done.out).not.toContain('canary');
  });
});
