import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMINISTRATOR } from '@sealstream/accounts';
import { PlainEvent } from '@sealstream/contracts';
import { keyFilePath } from '@sealstream/keyring';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { type Ended, sealstream } from '../../packages/cli/test/built-cli.ts';
import { RunningAccess } from './running-access.ts';
import { RunningFlow, until } from './running-flow.ts';

// The command at a running access: the flow, and people with machines of their own. One for each test file.

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:   { type: string, mask: redact, encrypt: seal }
      /name:  { type: string, mask: tokenise, equalityOracle: { accepted: a test }, encrypt: seal }
      /age:   { type: number, mask: redact, encrypt: seal }
      /pets/*: { type: string, mask: redact, encrypt: seal }
access:
  purposes:
    fraud: { meaning: A reported fraud is looked into., reference: required }
  roles:
    administrator:
      meaning: Looks after everything.
      allow:
        - { actions: [accounts.read, accounts.write, accounts.credentials, roles.assign] }
        - { actions: [approvals.decide, policy.read, audit.read] }
        - { actions: [grants.read, grants.create, grants.revoke, keys.read], datasets: [people] }
        - { actions: [rejects.read, rejects.replay], datasets: [people] }
    analyst:
      meaning: Looks at cases.
      allow:
        - { actions: [reveal, detokenise], datasets: [people], fields: ['*'], purposes: [fraud] }
    reader:
      meaning: Reads the policy.
      allow: [{ actions: [policy.read] }]
`;
export const PASSWORDS: Readonly<Record<string, string>> = {
  ann: 'seventeen brown chairs stand',
  ben: 'nineteen black tables wobble',
  eve: 'twenty grey clouds move along',
};

export let flow: RunningFlow;
export let access: RunningAccess;
/** The environment of the operator, who goes around access. */
export let direct: Record<string, string>;

/** The environment of a person with a machine of their own, who has nothing but the address. */
export function remote(who: string, more: Readonly<Record<string, string>> = {}) {
  const home = join(flow.place.tmp, `state-${who}`);
  return { SEALSTREAM_ACCESS_URL: access.base, XDG_STATE_HOME: home, ...more };
}

export const run = (env: Record<string, string>, line: string, stdin = ''): Promise<Ended> =>
  sealstream(line.split(' '), { env, stdin });

export async function done(env: Record<string, string>, line: string, stdin = ''): Promise<string> {
  const { err, exit, out } = await run(env, line, stdin);
  expect({ exit, err }).toMatchObject({ exit: 0 });
  return String(out);
}

export const json = async (env: Record<string, string>, line: string, stdin = '') =>
  (await done(env, `${line} --json`, stdin))
    .trim()
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Record<string, unknown>);

/** What is told of a failure, as data. */
export async function failed(env: Record<string, string>, line: string, stdin = '') {
  const { err, exit, out } = await run(env, `${line} --json`, stdin);
  const last = err.trim().split('\n').at(-1) ?? '';
  const { error, mend, place } = JSON.parse(last) as {
    error: string;
    mend: string;
    place: Record<string, string>;
  };
  return { exit, out: String(out), error, place, mend };
}

export const login = (who: string) => done(remote(who), `login --name ${who}`, PASSWORDS[who]);

export async function told(service: 'cli' | 'access'): Promise<PlainEvent[]> {
  const records = await flow.readAll(`audit.events.${service}`);
  return records.flatMap(({ value }) => {
    const event = PlainEvent.safeParse(JSON.parse(String(value)));
    return event.success ? [event.data] : [];
  });
}

/** Starts it before the tests of a file, and stops it after them. */
export function useAccessCommand(): void {
  beforeAll(open);
  afterAll(async () => {
    await access?.close();
    await flow?.close();
  });
}

async function open(): Promise<void> {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  await Promise.all(['ingest', 'encrypt', 'mask'].map((name) => flow.start(name as 'ingest')));
  // What replays need beside the keys of access.
  for (const purpose of ['accepted', 'rejected', 'producer'] as const)
    copyFileSync(
      keyFilePath(flow.place.keys, purpose),
      keyFilePath(flow.place.keysOf('access'), purpose),
    );
  access = await RunningAccess.start(
    flow,
    servers.redisUrl,
    {
      SEALSTREAM_SIGNER_KEY_FILE: join(flow.place.keys, 'signer.key'),
    },
    { isNew: true },
  );
  await access.user('ann', PASSWORDS['ann'], ADMINISTRATOR);
  await access.user('ben', PASSWORDS['ben'], ADMINISTRATOR);
  await access.user('eve', PASSWORDS['eve'], 'analyst');
  direct = {
    KAFKA_BROKERS: servers.kafkaBrokers,
    REDIS_URL: servers.redisUrl,
    SEALSTREAM_NAME_PREFIX: flow.namePrefix,
    SEALSTREAM_POLICY_FILE: flow.place.policyFile,
    SEALSTREAM_KEY_DIR: flow.place.keys,
    SEALSTREAM_ALLOW_UNLOCKED: 'true',
  };
  const { raw } = flow.dataset.topics;
  const good = { ssn: '900-11-4711', name: 'Ann', age: 12.5, pets: ['rex', 'tom'] };
  for (const value of [good, { name: 'no number' }])
    await flow.bus.append(raw, 0, [{ key: null, value: Buffer.from(JSON.stringify(value)) }]);
  const { encrypted, masked, rejected } = flow.dataset.topics;
  for (const topic of [encrypted, masked, rejected])
    await until(async () => (await flow.readAll(topic)).length === 1);
  for (const who of ['ann', 'ben', 'eve']) await login(who);
}
