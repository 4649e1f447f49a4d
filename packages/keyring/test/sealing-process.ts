import { setTimeout as sleep } from 'node:timers/promises';
import { fieldCipher } from '@sealstream/crypto';
import { fileProvider } from '../src/file-provider.ts';
import { type Keyring, openKeyring } from '../src/keyring.ts';
import { codeOf, KeptHeads, KeptLog } from './keyring-fixture.ts';

/*
 * A process that seals and opens without pause, for tests with several of them. It is told by
 * messages what to open, and tells what it sealed.
 */

/** What it works with; bytes are base64. */
export interface SealingOrder {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly keyDir: string;
  readonly signerPublicKey: string;
  readonly heads: readonly (readonly [name: string, document: string])[];
}

/** What it is told after its order: tokens of others to open, to seal no more, to come to an end. */
export type ToSealing = { readonly open: readonly Sealed[] } | 'rest' | 'end';
/** What it tells. */
export type FromSealing =
  | 'ready'
  | 'resting'
  | { readonly sealed: readonly Sealed[] }
  | { readonly ended: { readonly opened: number; readonly failed: readonly string[] } };
export interface Sealed {
  readonly algorithm: 'xchacha20-poly1305' | 'aes-256-gcm';
  readonly token: string;
}

const PAUSE_MS = 2;
const PLAIN = Buffer.from('canary-value-4711');
const method = { form: 'token', keys: 'field', bind: [], pad: true } as const;
const ciphers = {
  'xchacha20-poly1305': fieldCipher('people', '/ssn', {
    ...method,
    algorithm: 'xchacha20-poly1305',
  }),
  'aes-256-gcm': fieldCipher('people', '/ssn', { ...method, algorithm: 'aes-256-gcm' }),
};
/** What a stage mends by reading the keysets again. */
const MENDED = ['KEY_UNKNOWN', 'KEY_USES_WANTED'];

/** As a stage does it: what waiting mends is tried again. */
async function persistently(keyring: Keyring, work: () => Buffer): Promise<Buffer | string> {
  for (let tries = 0; ; tries++) {
    const done = await codeOf(work);
    if (Array.isArray(done)) return done[1] as Buffer;
    if (!MENDED.includes(String(done)) || tries === 100) return String(done);
    await keyring.refresh();
    await sleep(PAUSE_MS);
  }
}

async function work(order: SealingOrder): Promise<void> {
  const heads = new KeptHeads();
  for (const [name, document] of order.heads)
    heads.published.push({ name, document: Buffer.from(document, 'base64') });
  const keyring = await openKeyring({
    redisUrl: order.redisUrl,
    prefix: order.prefix,
    provider: fileProvider(order.keyDir, ['field']),
    purposes: ['field'],
    sealTo: [],
    datasets: ['people'],
    signerPublicKey: Buffer.from(order.signerPublicKey, 'base64'),
    heads,
    logger: new KeptLog(),
    sealsFields: true,
  });
  await keyring.ready();
  const toOpen: Sealed[] = [];
  const failed: string[] = [];
  let opened = 0;
  const asked = { rest: false, end: false };
  process.on('message', (told: ToSealing) => {
    if (told === 'rest') asked.rest = true;
    else if (told === 'end') asked.end = true;
    else toOpen.push(...told.open);
  });
  tell('ready');
  let hasRested = false;
  while (!asked.end || toOpen.length > 0) {
    if (asked.rest && !hasRested) tell('resting');
    hasRested = asked.rest;
    const sealed: Sealed[] = [];
    for (const algorithm of ['xchacha20-poly1305', 'aes-256-gcm'] as const) {
      if (hasRested) continue;
      const seal = () => ciphers[algorithm].seal(keyring.keys, 'string', PLAIN);
      const token = await persistently(keyring, seal);
      if (typeof token === 'string') failed.push(`sealing ${token}`);
      else sealed.push({ algorithm, token: token.toString() });
    }
    if (sealed.length > 0) tell({ sealed });
    for (const { algorithm, token } of toOpen.splice(0)) {
      const open = () => ciphers[algorithm].open(keyring.keys, Buffer.from(token)).plain;
      const plain = await persistently(keyring, open);
      if (typeof plain === 'string') failed.push(`opening ${plain}`);
      else if (PLAIN.equals(plain)) opened += 1;
      else failed.push('opened to something else');
    }
    await sleep(PAUSE_MS);
  }
  tell({ ended: { opened, failed } });
  keyring.stop();
  process.disconnect?.();
}

function tell(what: FromSealing): void {
  process.send?.(what);
}

process.once('message', (order: SealingOrder) => void work(order));
