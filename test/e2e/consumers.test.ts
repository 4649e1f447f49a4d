import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startFlow, stopFlow, until } from '../../packages/cli/test/flow-processes.ts';
import { type Ran, ran } from '../../packages/cli/test/surroundings.ts';

const stack = inject('stack');
const D = `people-${randomBytes(4).toString('hex')}`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-consumers-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
const COUNT = 25;
const person = (n: number) => ({ name: `Ann ${n}`, ssn: `123-45-${1000 + n}`, amount: n + 0.5 });
const running: ChildProcess[] = [];

async function sealstream(line: string, stdin = ''): Promise<Ran> {
  const words = [...line.split(' '), '--policy', policyFile];
  if (/^(keys|grants)/.test(line)) words.push('--key-dir', keyDir);
  const done = await ran(words, { env, stdin });
  expect(done).toMatchObject({ exit: 0 });
  return done;
}

beforeAll(async () => {
  writeFileSync(
    policyFile,
    `version: 1
datasets:
  ${D}:
    revision: 1
    fields:
      /name: { type: string }
      /ssn: { type: string, encrypt: { seal: { bind: [record-id] } } }
      /amount: { type: number }
`,
  );
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  writeFileSync(join(dir, 'c.key'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
  writeFileSync(join(dir, 'c.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  await sealstream('topics apply --partitions 1');
  await sealstream('keys rotate --missing');
  await sealstream(
    `grants create --public-key ${dir}/c.pem --dataset ${D} --fields /ssn,/amount --expires 1d ` +
      `--out ${dir}/c.grant`,
  );
  startFlow({
    ...env,
    SEALSTREAM_POLICY_FILE: policyFile,
    SEALSTREAM_KEY_DIR: keyDir,
    SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(keyDir, 'signer.pub'),
  });
  const lines = Array.from({ length: COUNT }, (_, n) => JSON.stringify(person(n)));
  await sealstream(`ingest --dataset ${D}`, `${lines.join('\n')}\n`);
});

afterAll(async () => {
  for (const child of running) if (child.exitCode === null) child.kill('SIGKILL');
  await stopFlow();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs an example until it has said so many lines, then ends it as an operator would. */
async function linesOf(program: string): Promise<{ lines: string[]; err: string }> {
  const { PATH = '' } = process.env;
  const path = join(import.meta.dirname, '../../examples/consumers', program);
  const child = spawn(process.execPath, [path], {
    env: {
      PATH,
      KAFKA_BROKERS: stack.kafkaBrokers,
      TOPIC: `encrypted.${D}`,
      GRANT_FILE: join(dir, 'c.grant'),
      PRIVATE_KEY_FILE: join(dir, 'c.key'),
      SIGNER_PUBLIC_KEY_FILE: join(keyDir, 'signer.pub'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (bytes: Buffer) => (said.out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (said.err += bytes.toString()));
  const lines = () => said.out.split('\n').filter((line) => line !== '');
  const isDone = () => Promise.resolve(lines().length >= COUNT || child.exitCode !== null);
  await until(isDone, `${COUNT} lines of ${program}`);
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await gone).toEqual([0, null]);
  return { lines: lines(), err: said.err };
}

describe('a consumer with a grant for two fields', () => {
  test.each(['kafkajs-consumer.ts', 'platformatic-consumer.ts'])(
    'reads them in clear and all others as tokens, with %s',
    async (program) => {
      const { err, lines } = await linesOf(program);
      // What a client says of its connections is its own; a record that did not open is told so.
      expect(err).not.toMatch(/^offset /m);
      const read = lines.map((line) => JSON.parse(line) as ReturnType<typeof person>);
      expect(read.map(({ amount, ssn }) => ({ amount, ssn }))).toEqual(
        Array.from({ length: COUNT }, (_, n) => ({ amount: n + 0.5, ssn: person(n).ssn })),
      );
      for (const { name } of read) expect(name).toMatch(/^ss1:[\w-]{12}:[\w-]+$/);
    },
  );
});
