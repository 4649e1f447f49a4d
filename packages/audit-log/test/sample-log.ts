import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { generateSigner, readSigner, verifierKey } from '@sealstream/crypto';
import type { PlainEvent } from '@sealstream/contracts';
import { encodeOwn, encodeSourced } from '../src/entry.ts';
import { heartbeatEvent } from '../src/heartbeat.ts';
import type { CheckpointSigner } from '../src/checkpoint.ts';

const made: string[] = [];

afterEach(async () => {
  for (const dir of made.splice(0)) await rm(dir, { recursive: true, force: true });
});

/** A directory of this test's own, gone afterwards. */
export async function scratchDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'audit-log-'));
  made.push(dir);
  return dir;
}

/** A signer with its verifier key. */
export function sampleKey(name = 'sealstream.audit/test'): {
  signer: CheckpointSigner;
  vkey: string;
} {
  const signer = readSigner(generateSigner().privateKey);
  return { signer: { name, signer }, vkey: verifierKey(name, signer.publicKey) };
}

export const AT = Date.parse('2026-01-02T03:04:05.000Z');

/** A batch event of mask over [from, to). */
export function batchEvent(from: number, to: number, emitter = 'mask/people/0'): object {
  return {
    v: 1,
    time: new Date(AT).toISOString(),
    emitter,
    type: 'batch',
    stage: 'mask',
    dataset: 'people',
    topic: 'accepted.people',
    partition: 0,
    range: { from: String(from), to: String(to) },
    recordsIn: to - from,
    bytesIn: 10,
    outputs: {},
    rejected: {},
    treated: {},
    droppedHeaders: 0,
    tombstones: 0,
    policy: 'ab',
    keyIds: [],
  };
}

/** A numbered event of one start of an emitter. */
export function plainEvent(number: number, emitter = 'cli/a'): PlainEvent {
  const time = new Date(AT).toISOString();
  return { v: 1, time, emitter, type: 'key-rotated', number, actor: 'somebody', details: {} };
}

/** The entry of an event at an offset of audit.events.mask/0 unless told otherwise. */
export function sourced(
  event: object,
  offset: number,
  topic = 'audit.events.mask',
  partition = 0,
): Buffer {
  const value = Buffer.from(JSON.stringify(event));
  const [entry] = encodeSourced({ topic, partition, offset: BigInt(offset) }, value);
  if (entry === undefined) throw new Error('no entry');
  return entry;
}

/** Entries whose ranges join: one batch of 10 records each. */
export function joinedEntries(count: number, start = 0): Buffer[] {
  return Array.from({ length: count }, (_, at) => {
    const from = (start + at) * 10;
    return sourced(batchEvent(from, from + 10), start + at);
  });
}

/** A heartbeat of the log's own writer. */
export function heartbeat(
  number: number,
  positions: Record<string, bigint> = {},
  timeMs = AT,
): Buffer {
  const fields = { emitter: 'audit/1', actor: 'audit', number, timeMs };
  const topicIds = new Map([['audit.events.mask', 'ab'.repeat(16)]]);
  const state = { positions: new Map(Object.entries(positions)), topicIds };
  return encodeOwn(heartbeatEvent({ ...fields, state }));
}

/** A copy as after a crash: nobody holds its lock. */
export async function crashCopy(dir: string): Promise<string> {
  const copy = join(await scratchDir(), 'log');
  await cp(dir, copy, { recursive: true });
  for (const name of await readdir(copy)) if (name.startsWith('lock.')) await rm(join(copy, name));
  return copy;
}

/** Every file of a directory with its bytes, by path below it. */
export async function allFiles(dir: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(dir.length + 1), await readFile(path));
  }
  return files;
}
