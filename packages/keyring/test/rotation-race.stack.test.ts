import { type ChildProcess, fork } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, inject, test } from 'vitest';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { codeOf, KeptHeads, KeptLog, makeKeyFiles } from './keyring-fixture.ts';
import type { FromSealing, Sealed, SealingOrder, ToSealing } from './sealing-process.ts';

const PROCESSES = 4;
const ROUNDS = 12;
const ALGORITHMS = ['xchacha20-poly1305', 'aes-256-gcm'] as const;
const PROGRAM = fileURLToPath(new URL('sealing-process.ts', import.meta.url));
const files = makeKeyFiles();
const heads = new KeptHeads();
const prefix = `test-${randomUUID()}:`;
const { redisUrl } = inject('stack');
const stops: (() => void)[] = [];
afterAll(() => {
  for (const stop of stops) stop();
  files.remove();
});

async function rotator(): Promise<KeysetAdmin> {
  const { signer } = files;
  const provider = files.provider();
  const logger = new KeptLog();
  const admin = await openKeysetAdmin({ redisUrl, prefix, provider, signer, heads, logger });
  stops.push(() => admin.stop());
  return admin;
}

interface Ended {
  readonly opened: number;
  readonly failed: readonly string[];
}

/** A sealing process, and all that it sealed and said. */
class Sealing {
  readonly sealed: Sealed[] = [];
  readonly resting = Promise.withResolvers<undefined>();
  readonly ended = Promise.withResolvers<Ended>();
  readonly #child: ChildProcess;
  readonly #ready = Promise.withResolvers<undefined>();

  constructor(onSealed: (sealed: readonly Sealed[]) => void) {
    const execArgv = ['-C', 'sealstream-source'];
    this.#child = fork(PROGRAM, { execArgv });
    stops.push(() => this.#child.kill('SIGKILL'));
    this.#child.on('message', (told: FromSealing) => {
      if (told === 'ready') this.#ready.resolve(undefined);
      else if (told === 'resting') this.resting.resolve(undefined);
      else if ('ended' in told) this.ended.resolve(told.ended);
      else {
        this.sealed.push(...told.sealed);
        onSealed(told.sealed);
      }
    });
    this.#child.on('exit', (code) => {
      const early = new Error(`a sealing process ended with ${code}`);
      this.#ready.reject(early);
      this.ended.reject(early);
    });
  }

  async begin(order: SealingOrder): Promise<void> {
    this.#child.send(order);
    await this.#ready.promise;
  }

  tell(what: ToSealing): void {
    this.#child.send(what);
  }

  async exit(): Promise<void> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}

test('while two rotators race, four processes seal and open without a token lost, and one key an algorithm is active after it', async () => {
  const [one, other] = [await rotator(), await rotator()];
  for (const algorithm of ALGORITHMS) await one.ensure('field', 'people', algorithm);
  // Each token is opened by the two processes after the one that sealed it.
  const processes: Sealing[] = Array.from({ length: PROCESSES }, (_, at) => {
    return new Sealing((open) => {
      for (const next of [1, 2]) processes[(at + next) % PROCESSES]?.tell({ open });
    });
  });
  const order: SealingOrder = {
    redisUrl,
    prefix,
    keyDir: files.dir,
    signerPublicKey: files.signer.publicKey.toString('base64'),
    heads: heads.published.map(({ name, document }) => [name, document.toString('base64')]),
  };
  await Promise.all(processes.map((sealing) => sealing.begin(order)));
  const outcomes: unknown[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const algorithm = ALGORITHMS[round % ALGORITHMS.length];
    const both = [one, other].map(async (admin) => {
      await sleep(randomInt(10));
      return codeOf(() => admin.createOrRotate('field', 'people', algorithm));
    });
    outcomes.push(...(await Promise.all(both)));
    await sleep(randomInt(50));
  }
  const [keyset] = await one.list();
  const active = keyset.keys.filter(({ state }) => state === 'active');
  // Postcondition: it settles, on one key for each algorithm, in every process.
  expect(active.map(({ algorithm }) => algorithm).sort()).toEqual([...ALGORITHMS].sort());
  expect(keyset.keys.some(({ state }) => state === 'pending')).toBe(false);
  const lastOf = ({ sealed }: Sealing) =>
    sealed.slice(-ALGORITHMS.length).map(({ token }) => token.slice(4, 16));
  const ids = active.map(({ id }) => id).sort();
  for (const sealing of processes) await expect.poll(() => lastOf(sealing).sort()).toEqual(ids);
  // None comes to its end before all that the others sealed is on its way to it.
  for (const sealing of processes) sealing.tell('rest');
  await Promise.all(processes.map((sealing) => sealing.resting.promise));
  for (const sealing of processes) sealing.tell('end');
  const ended = await Promise.all(processes.map((sealing) => sealing.ended.promise));
  expect(ended.flatMap(({ failed }) => failed)).toEqual([]);
  await Promise.all(processes.map((sealing) => sealing.exit()));
  const sealed = processes.flatMap((sealing) => sealing.sealed);
  expect(ended.reduce((sum, { opened }) => sum + opened, 0)).toBe(2 * sealed.length);
  // The race was one: keys changed under the sealing, and not every rotator won.
  const used = new Set(sealed.map(({ token }) => token.slice(4, 16)));
  expect(used.size).toBeGreaterThan(ROUNDS / 2);
  expect(outcomes).toContain('KEYSET_CONFLICT');
  for (const outcome of outcomes)
    expect(outcome === 'KEYSET_CONFLICT' || Array.isArray(outcome)).toBe(true);
  const reserved = keyset.keys.flatMap(({ uses }) => uses ?? []).reduce((sum, n) => sum + n, 0);
  expect(reserved).toBeGreaterThanOrEqual(sealed.length / ALGORITHMS.length);
});
