import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Algorithm,
  deriveKey,
  type KeyHandle,
  type KeyUse,
  unwrapKey,
} from '@sealstream/crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { epochFiles } from '../src/epoch-file.ts';
import { readKeyFile } from '../src/key-file.ts';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { keyContext, openSignedKeyset, wrappingContext } from '../src/keyset-document.ts';
import { parseRecord } from '../src/subject-record.ts';
import { epochContext } from '../src/subject-register.ts';
import { openSubjectKey } from '../src/subject-wrap.ts';
import type { HoldingOrder, ToHolding } from './holding-process.ts';
import { findKeys, memoryOf } from './process-memory.ts';
import { anIndex, keyOf, ORDER, SubjectGround, text, USE } from './subject-fixture.ts';

const PROGRAM = fileURLToPath(new URL('holding-process.ts', import.meta.url));
const FORMS = ['base64', 'base64url', 'hex', 'raw'];
const ground = new SubjectGround();
const { files, prefix, redisUrl } = ground;
const [gone, staying] = [anIndex(), anIndex()];
const keys = new Map<string, Buffer>();
const epochDir = ground.file('epochs');

let redis: Redis;
let admin: KeysetAdmin;
let child: ChildProcess;
let said = '';

const provider = files.provider(['field', 'subject']);
/** Notes a key under a name, and gives it on. */
async function noted(
  name: string,
  fill: (slot: Buffer) => KeyHandle | Promise<KeyHandle>,
): Promise<KeyHandle> {
  const slot = Buffer.alloc(32);
  const key = await fill(slot);
  keys.set(name, slot);
  return key;
}
const derived = (name: string, stored: KeyHandle, use: Partial<KeyUse>) =>
  noted(`derived from ${name}`, (slot) => deriveKey(stored, { ...USE, ...use }, slot));

/** Every key of the process that is looked into, unwrapped here by the same files. */
async function learnKeys(): Promise<Map<Algorithm, string>> {
  for (const purpose of ['field', 'subject'] as const)
    await noted(`outermost ${purpose}`, (slot) => readKeyFile(files.dir, purpose, slot));
  const bytes = (await redis.getBuffer(`${prefix}keyset:field/people`)) ?? Buffer.alloc(0);
  const { document } = openSignedKeyset('field/people', bytes, files.signer.publicKey);
  const wrapped = Buffer.from(document.wrappingKey, 'base64url');
  const context = wrappingContext('field', 'people');
  const wrapping = await noted('wrapping', (slot) =>
    provider.unwrap('field', context, wrapped, slot),
  );
  const ids = new Map<Algorithm, string>();
  for (const key of document.keys) {
    const { algorithm } = key;
    ids.set(algorithm, key.id);
    const blob = Buffer.from(key.wrapped ?? '', 'base64url');
    const open = (slot: Buffer) => unwrapKey(wrapping, keyContext(document, key), blob, slot);
    const stored = await noted(algorithm, open);
    const format = algorithm === 'fernet' ? 'fernet' : 'field-token';
    await derived(algorithm, stored, { purpose: 'field', algorithm, format });
  }
  const [epoch] = await epochFiles(epochDir).load('people');
  if (epoch === undefined) expect.unreachable();
  const epochKey = await noted('epoch', (slot) =>
    provider.unwrap('subject', epochContext('people', epoch.id), epoch.wrapped, slot),
  );
  for (const [name, index] of [['gone', gone] as const, ['staying', staying] as const]) {
    const found = await redis.getBuffer(`${prefix}subject:people/${text(index)}`);
    const record = parseRecord(found ?? Buffer.alloc(0));
    if (record.kind !== 'live') expect.unreachable();
    const stored = await noted(name, (slot) =>
      openSubjectKey('people', text(index), record, epochKey, slot),
    );
    await derived(name, stored, {});
  }
  return ids;
}

async function told(what: ToHolding): Promise<string> {
  const answered = once(child, 'message');
  child.send(what);
  const [{ text: answer }] = (await answered) as [{ text: string }];
  return answer;
}

function begin(): ChildProcess {
  const execArgv = ['-C', 'sealstream-source', '--expose-gc'];
  const begun = fork(PROGRAM, { execArgv, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  for (const stream of [begun.stdout, begun.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  return begun;
}

const inMemory = () => findKeys(keys, memoryOf(child.pid ?? 0));
async function inSnapshot(name: string): Promise<readonly string[]> {
  const file = await told({ snapshot: ground.file(name) });
  return findKeys(keys, [readFileSync(file)]);
}
const raw = (...names: string[]) =>
  names.flatMap((name) => [`${name} raw`, `derived from ${name} raw`]);

beforeAll(async () => {
  redis = new Redis(redisUrl);
  const { heads, log } = ground;
  const { signer } = files;
  admin = await openKeysetAdmin({
    redisUrl,
    prefix,
    provider: files.provider(),
    signer,
    heads,
    logger: log,
  });
  for (const algorithm of ['xchacha20-poly1305', 'aes-256-gcm', 'fernet'] as const)
    await admin.ensure('field', 'people', algorithm);
  await (await ground.admin()).ensure();
  const making = await ground.process();
  for (const index of [gone, staying]) await keyOf(making.keys, index);
  making.stop();
});
afterAll(() => {
  child.kill('SIGKILL');
  admin.stop();
  redis.disconnect();
  ground.end();
});

test.runIf(process.platform === 'linux')(
  'keys stand in locked memory alone while they are used, and nowhere once they are destroyed, shredded or stopped',
  async () => {
    const ids = await learnKeys();
    child = begin();
    const order: HoldingOrder = {
      redisUrl,
      prefix,
      keyDir: files.dir,
      epochDir,
      signerPublicKey: files.signer.publicKey.toString('base64'),
      heads: ground.heads.published.map(({ name, document }) => [
        name,
        document.toString('base64'),
      ]),
      subjects: [text(gone), text(staying)],
    };
    await told({ open: order });
    const shown: string[] = [];
    for (let round = 0; round < 5; round++) shown.push(await told('work'));
    const planted = Buffer.from(await told('plant'), 'hex');
    keys.set('planted', planted);
    const control = FORMS.map((form) => `planted ${form}`);

    // In use: each key as bytes; neither a wrapping key nor an outermost one, in any form.
    const inUse = raw('xchacha20-poly1305', 'aes-256-gcm', 'fernet', 'gone', 'staying');
    expect(inMemory()).toEqual([...inUse, ...control, 'epoch raw'].sort());
    const strings = control.filter((what) => !what.endsWith('raw'));
    expect(await inSnapshot('used.heapsnapshot')).toEqual(strings);

    // One rotated away and ended, one shredded.
    const ended = ids.get('xchacha20-poly1305') ?? '';
    await admin.createOrRotate('field', 'people');
    await admin.destroy('field', 'people', ended);
    await (await ground.admin()).shred(text(gone), ORDER);
    for (let round = 0; round < 3; round++) shown.push(await told('work'));
    expect(shown.at(-1)).toContain('KEY_DESTROYED');
    expect(shown.at(-1)).toContain('SUBJECT_SHREDDED');
    const left = raw('aes-256-gcm', 'fernet', 'staying');
    expect(inMemory()).toEqual([...left, ...control, 'epoch raw'].sort());

    await told('stop');
    expect(inMemory()).toEqual(control);
    expect(await inSnapshot('stopped.heapsnapshot')).toEqual(strings);
    // Logs, errors, printed objects, JSON, and what the process said by itself.
    const all = Buffer.from([...shown, said, ...ground.log.lines].join('\n'));
    expect(all.includes('keyset taken on')).toBe(true);
    expect(findKeys(keys, [all])).toEqual([]);
  },
);
