import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Ended, sealstream } from '../../packages/cli/test/built-cli.ts';
import { RunningAccess } from './running-access.ts';
import { RunningFlow, until } from './running-flow.ts';

// Keys and the keys of persons at the command line, through access and directly.

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    format: json
    subject: /ssn
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:  { type: string, mask: redact, encrypt: seal }
      /card: { type: string, mask: redact, encrypt: seal, survivesShred: true }
access:
  roles:
    keeper:
      meaning: Looks after keys and persons.
      allow:
        - actions: [keys.read, keys.rotate, keys.rewrap, keys.destroy, keys.destroy-forced]
          datasets: [people]
        - { actions: [subjects.read, subjects.shred, subjects.re-enrol], datasets: [people] }
        - { actions: [policy.read] }
    checker:
      meaning: Approves.
      allow:
        - { actions: [approvals.decide] }
`;
const PASSWORDS: Readonly<Record<string, string>> = {
  kim: 'seventeen brown chairs stand',
  lee: 'nineteen black tables wobble',
};
const SSN = '900-11-4711';

let flow: RunningFlow;
let access: RunningAccess;
let direct: Record<string, string>;

const remote = (who: string): Record<string, string> => ({
  SEALSTREAM_ACCESS_URL: access.base,
  XDG_STATE_HOME: join(flow.place.tmp, `state-${who}`),
});
const run = (env: Record<string, string>, line: string, stdin = ''): Promise<Ended> =>
  sealstream([...line.split(' '), '--json'], { env, stdin });

async function done(env: Record<string, string>, line: string, stdin = '') {
  const { err, exit, out } = await run(env, line, stdin);
  expect({ exit, err }).toMatchObject({ exit: 0 });
  return JSON.parse(String(out)) as Record<string, unknown>;
}

async function failed(env: Record<string, string>, line: string, stdin = '') {
  const { err, exit } = await run(env, line, stdin);
  const last = JSON.parse(err.trim().split('\n').at(-1) ?? '') as {
    error: string;
    place: Record<string, string>;
  };
  return { exit, ...last };
}

/** Has kim ask, lee agree, and kim run it again. */
async function together(line: string, stdin = '') {
  const asked = await failed(remote('kim'), line, stdin);
  expect(asked).toMatchObject({ exit: 1, error: 'APPROVAL_NEEDED' });
  const { approval = '', digest = '' } = asked.place;
  const seen = await done(remote('lee'), 'approvals list');
  expect(JSON.stringify(seen)).not.toContain(SSN);
  await done(remote('lee'), `approvals approve ${approval} --digest ${digest}`);
  return done(remote('kim'), `${line} --approval ${approval}`, stdin);
}

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  for (const name of ['ingest', 'encrypt'] as const) await flow.start(name);
  access = await RunningAccess.start(flow, servers.redisUrl, {
    SEALSTREAM_SIGNER_KEY_FILE: join(flow.place.keys, 'signer.key'),
    SEALSTREAM_KEY_SETTLED: '0ms',
  });
  await access.user('kim', PASSWORDS['kim'], 'keeper');
  await access.user('lee', PASSWORDS['lee'], 'checker');
  direct = {
    KAFKA_BROKERS: servers.kafkaBrokers,
    REDIS_URL: servers.redisUrl,
    SEALSTREAM_NAME_PREFIX: flow.namePrefix,
    SEALSTREAM_POLICY_FILE: flow.place.policyFile,
    SEALSTREAM_KEY_DIR: flow.place.keys,
    SEALSTREAM_EPOCH_DIR: flow.place.epochs,
    SEALSTREAM_ALLOW_UNLOCKED: 'true',
  };
  const { encrypted, raw } = flow.dataset.topics;
  const value = Buffer.from(JSON.stringify({ ssn: SSN, card: '4556737586899855' }));
  await flow.bus.append(raw, 0, [{ key: null, value }]);
  await until(async () => (await flow.readAll(encrypted)).length === 1);
  for (const who of ['kim', 'lee']) await done(remote(who), `login --name ${who}`, PASSWORDS[who]);
});
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

test('keys are rotated, looked at and ended, and both ways see the same', async () => {
  const kim = remote('kim');
  const [first = {}] = (await done(kim, 'keys rotate --purpose field'))['changes'] as object[];
  expect(first).toMatchObject({ name: 'field/people', action: 'rotated' });
  const missing = await done(kim, 'keys rotate --missing --purpose field --dataset people');
  expect(missing['changes']).toMatchObject([{ name: 'field/people', action: 'unchanged' }]);
  expect(await failed(kim, 'keys rotate --due --max-age 90m')).toMatchObject({ error: 'USAGE' });
  const { keysets } = await done(direct, 'keys list');
  const found = (keysets as { name: string; keys: { id: string; state: string }[] }[]).find(
    ({ name }) => name === 'field/people',
  );
  const old = found?.keys.find(({ state }) => state !== 'active')?.id ?? '';
  expect(found?.keys.map(({ id }) => id)).toContain(Reflect.get(first, 'keyId'));

  const named = `--dataset people --purpose field --key ${old}`;
  const usage = await done(kim, `keys usage ${named}`);
  const here = await done(direct, 'keys usage --dataset people');
  const rows = here['usage'] as { keyId: string }[];
  expect(usage['usage']).toEqual(rows.filter(({ keyId }) => keyId === old));
  expect(usage['why']).toContain('records');
  // All of them, or several, in one read: what the direct way finds, which may read what is left on raw, too.
  const all = await done(kim, 'keys usage --dataset people');
  const rowsOf = (answer: Record<string, unknown>) => answer['usage'] as { keyId: string }[];
  expect(rows.length).toBeGreaterThan(1);
  expect(all['usage']).toEqual(rows);
  expect(all['records']).toBeLessThanOrEqual(Number(here['records']));
  expect(all['others']).toBe(here['others']);
  const ids = [...new Set(rows.map(({ keyId }) => keyId))];
  const two = ids.slice(0, 2);
  const several = `keys usage --dataset people ${two.map((id) => `--key ${id}`).join(' ')}`;
  expect(rowsOf(await done(kim, several))).toEqual(rows.filter(({ keyId }) => two.includes(keyId)));
  expect((await done(direct, several))['usage']).toEqual(rowsOf(await done(kim, several)));
  const ofField = await done(kim, 'keys usage --dataset people --purpose field');
  expect(ofField['usage']).toEqual(rows.filter(({ keyId }) => keyId === old));
  const lately = await done(kim, 'keys usage --dataset people --from 0ms');
  expect(lately).toMatchObject({ usage: [], records: 0 });
  expect(await failed(kim, 'keys usage')).toMatchObject({ error: 'USAGE' });
  expect(await failed(kim, 'keys usage copies.people')).toMatchObject({ error: 'USAGE' });

  expect(await failed(kim, `keys destroy ${named}`)).toMatchObject({ exit: 2, error: 'USAGE' });
  expect((await run(kim, `keys destroy ${named} --yes`)).exit).not.toBe(0);
  const gone = await together(`keys destroy ${named} --yes --force`);
  expect(gone).toMatchObject({ name: 'field/people', keyId: old, action: 'destroyed' });
  expect(JSON.stringify(await done(direct, 'keys list'))).toContain('destroyed');
});

test('a person is shown and shredded with a second person, who never sees the value', async () => {
  const kim = remote('kim');
  const before = await done(kim, 'subjects show --dataset people', `${SSN}\n`);
  expect(before).toEqual(await done(direct, 'subjects show --dataset people', `${SSN}\n`));
  expect(before).toMatchObject({ state: 'live' });
  const plan = 'subjects shred --dataset people --plan';
  expect(await done(kim, plan)).toEqual(await done(direct, plan));
  const line = 'subjects shred --dataset people --reason R-4711';
  expect(await failed(kim, line, SSN)).toMatchObject({ exit: 2, error: 'USAGE' });
  const shredded = await together(`${line} --yes`, SSN);
  expect(shredded).toMatchObject({
    outcome: 'done',
    action: 'shred',
    index: before['index'],
    keyId: before['keyId'],
    reason: 'R-4711',
    actor: 'kim',
  });
  const file = join(flow.place.tmp, 'receipt.txt');
  writeFileSync(file, String(shredded['receipt']));
  const pub = { SEALSTREAM_KEY_DIR: flow.place.keys };
  expect(await done(pub, `subjects verify-receipt ${file}`)).toMatchObject({
    action: 'shred',
    index: before['index'],
    reason: 'R-4711',
  });
  const show = `subjects show --dataset people --index ${String(before['index'])}`;
  expect(await done(kim, show)).toEqual(await done(direct, show));
  expect(await done(kim, show)).toMatchObject({ state: 'shredded' });
  const again = await together('subjects re-enrol --dataset people --reason R-4712', SSN);
  expect(again).toMatchObject({ action: 're-enrol', index: before['index'] });
});
