import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { writeHeapSnapshot } from 'node:v8';
import { fieldCipher, type KeySource } from '@sealstream/crypto';
import { epochFiles } from '../src/epoch-file.ts';
import { fileProvider } from '../src/file-provider.ts';
import { openKeyring } from '../src/keyring.ts';
import { openSubjects } from '../src/subjects.ts';
import { KeptHeads, KeptLog } from './keyring-fixture.ts';

/*
 * A process that holds keys of fields and of subjects and works with them, for a test that looks
 * into its memory. It does one thing for each message and answers each.
 */

/** What it works with; bytes are base64. */
export interface HoldingOrder {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly keyDir: string;
  readonly epochDir: string;
  readonly signerPublicKey: string;
  readonly heads: readonly (readonly [name: string, document: string])[];
  /** Indexes of subjects. */
  readonly subjects: readonly string[];
}

/** What it is told. */
export type ToHolding =
  | { readonly open: HoldingOrder }
  /** Seals and opens with every key, and answers with all that can be shown of it. */
  | 'work'
  /** Makes a key of its own and keeps it where no key belongs; answers with it in hex. */
  | 'plant'
  | { readonly snapshot: string }
  | 'stop';

const PLAIN = Buffer.from('canary-value-4711');
const method = { form: 'token', bind: [], pad: true } as const;
const fernet = { ...method, form: 'fernet', algorithm: 'fernet' } as const;
const ciphers = [
  fieldCipher('people', '/ssn', { ...method, keys: 'field', algorithm: 'xchacha20-poly1305' }),
  fieldCipher('people', '/ssn', { ...method, keys: 'field', algorithm: 'aes-256-gcm' }),
  fieldCipher('people', '/ssn', { ...fernet, keys: 'field' }),
  fieldCipher('people', '/ssn', { ...method, keys: 'subject', algorithm: 'xchacha20-poly1305' }),
];
const tokens: { cipher: (typeof ciphers)[number]; keys: KeySource; token: Buffer }[] = [];
const log = new KeptLog();
/** Planted: as bytes, and as strings that live as long as the process. */
const planted: unknown[] = [];

async function opened(order: HoldingOrder) {
  const heads = new KeptHeads();
  for (const [name, document] of order.heads)
    heads.published.push({ name, document: Buffer.from(document, 'base64') });
  const shared = {
    redisUrl: order.redisUrl,
    prefix: order.prefix,
    signerPublicKey: Buffer.from(order.signerPublicKey, 'base64'),
    heads,
    logger: log,
  };
  const provider = fileProvider(order.keyDir, ['field', 'subject']);
  const keyring = await openKeyring({
    ...shared,
    provider,
    purposes: ['field'],
    sealTo: [],
    datasets: ['people'],
    sealsFields: true,
  });
  const epochs = { store: epochFiles(order.epochDir), provider };
  const subjects = await openSubjects({ ...shared, dataset: 'people', epochs });
  await Promise.all([keyring.ready(), subjects.ready()]);
  const sources = order.subjects.map((index): KeySource => {
    const bytes = Buffer.from(index, 'base64url');
    const subject = { bytes, from: 0, to: bytes.length };
    const { keys } = keyring;
    return {
      active: (use) => keys.active(use),
      byId: (use, id) => keys.byId(use, id),
      publicKey: (purpose, dataset) => keys.publicKey(purpose, dataset),
      privateKey: (purpose, dataset, id) => keys.privateKey(purpose, dataset, id),
      subjects: subjects.keys,
      record: { subject, source: subject },
    };
  });
  return { keyring, subjects, sources };
}

type Opened = Awaited<ReturnType<typeof opened>>;

/** As a stage does: keys that are not in memory are brought. @returns what it gave, or the error */
async function brought<T>({ subjects }: Opened, ask: () => T): Promise<T | Error> {
  for (;;) {
    try {
      return ask();
    } catch (error) {
      const isWanting = (error as { code?: string }).code === 'SUBJECT_KEYS_WANTED';
      if (!isWanting) return error as Error;
      await subjects.keys.bring();
    }
  }
}

/** Errors, printed objects and JSON of all that there is, beside the log. */
async function worked(opened: Opened): Promise<string> {
  const { keyring, sources, subjects } = opened;
  const shown: unknown[] = [];
  await keyring.refresh();
  for (const { cipher, keys, token } of tokens)
    shown.push(await brought(opened, () => cipher.open(keys, token)));
  for (const keys of sources)
    for (const cipher of ciphers) {
      const token = await brought(opened, () => cipher.seal(keys, 'string', PLAIN));
      if (Buffer.isBuffer(token)) tokens.push({ cipher, keys, token });
      else shown.push(token);
    }
  const all = [keyring, subjects, sources, tokens, shown];
  const options = { depth: 20, showHidden: true, maxArrayLength: 10_000, maxStringLength: null };
  return [inspect(all, options), JSON.stringify(all), ...log.lines].join('\n');
}

let holding: Opened | undefined;

async function answer(told: ToHolding): Promise<string> {
  if (typeof told === 'object' && 'open' in told) {
    holding = await opened(told.open);
    return '';
  }
  if (typeof told === 'object') return writeHeapSnapshot(told.snapshot);
  if (told === 'plant') {
    const key = randomBytes(32);
    const texts = (['hex', 'base64', 'base64url'] as const).map((form) => key.toString(form));
    planted.push(key, ...texts);
    return texts[0] ?? '';
  }
  if (holding === undefined) throw new Error('told to work before it was told with what');
  if (told === 'work') return worked(holding);
  holding.keyring.stop();
  holding.subjects.stop();
  return '';
}

async function respond(told: ToHolding): Promise<void> {
  const text = await answer(told);
  // What OpenSSL copied goes with the objects that hold it (SECURITY.md names that).
  globalThis.gc?.();
  process.send?.({ text });
}

process.on('message', (told: ToHolding) => void respond(told));
