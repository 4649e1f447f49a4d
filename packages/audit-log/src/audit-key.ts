import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SealstreamError } from '@sealstream/contracts';
import {
  generateSigner,
  parseVerifierKey,
  readPublicKey,
  readSigner,
  type Signer,
  verifierKey,
} from '@sealstream/crypto';
import type { CheckpointSigner } from './checkpoint.ts';
import { errnoOf, fileError, syncDirectory } from './log-files.ts';

/** Anybody but the owner. */
const OTHERS = 0o077;

/** The signer of a log and what others verify it with. */
export interface AuditKey {
  readonly signer: CheckpointSigner;
  /** C2SP verifier key: `name+key id+base64`. Public. */
  readonly vkey: string;
}

/** Where the public half of a key file stands: `audit.key` has `audit.vkey` beside it. */
export function vkeyPath(keyPath: string): string {
  return `${keyPath.replace(/\.key$/, '')}.vkey`;
}

/**
 * Makes the key that signs checkpoints, mode 0600, and its verifier key beside it. Its name, which
 * is also the log's origin, is random, so that no two logs share one. Never overwrites.
 *
 * @throws FILE_EXISTS, FILE_UNREADABLE
 */
export async function createAuditKey(keyPath: string): Promise<string> {
  const { privateKey, publicKey } = generateSigner();
  const vkey = verifierKey(freshName(), readPublicKey(Buffer.from(publicKey)));
  try {
    await mkdir(dirname(keyPath), { recursive: true, mode: 0o700 });
    await writeNew(keyPath, privateKey, 0o600);
    await writeNew(vkeyPath(keyPath), Buffer.from(`${vkey}\n`), 0o644);
  } finally {
    privateKey.fill(0);
  }
  return vkey;
}

/**
 * Makes the verifier key of a key that never had one, since its making was cut. Never overwrites. A
 * log that was signed under another name does not verify with it.
 *
 * @throws KEY_FILE_*, FILE_EXISTS, FILE_UNREADABLE
 */
export async function createVkey(keyPath: string): Promise<void> {
  const { publicKey } = await readKey(keyPath);
  const vkey = verifierKey(freshName(), publicKey);
  await writeNew(vkeyPath(keyPath), Buffer.from(`${vkey}\n`), 0o644);
}

function freshName(): string {
  return `sealstream.audit/${randomBytes(8).toString('hex')}`;
}

/**
 * Reads the signing key and checks that the verifier key beside it is its public half.
 *
 * @throws KEY_FILE_MISSING, KEY_FILE_OPEN when others may read or write it, KEY_FILE_INVALID
 */
export async function readAuditKey(keyPath: string): Promise<AuditKey> {
  const signer = await readKey(keyPath);
  const vkey = await readVkey(vkeyPath(keyPath));
  const { name, publicKey } = parseVerifierKey(vkey);
  // Precondition: the verifier key is the public half of the signing key.
  if (!signer.publicKey.equals(publicKey)) {
    throw new SealstreamError('KEY_FILE_INVALID', { file: basename(vkeyPath(keyPath)) });
  }
  return { signer: { name, signer }, vkey };
}

async function readKey(keyPath: string): Promise<Signer> {
  const file = basename(keyPath);
  const found = await stat(keyPath).catch(missing(file));
  // Precondition: nobody but the owner can read or write the key file.
  if ((found.mode & OTHERS) !== 0) throw new SealstreamError('KEY_FILE_OPEN', { file });
  const bytes = await readFile(keyPath).catch(missing(file));
  try {
    return readSigner(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Reads a verifier key from its file. Throws KEY_FILE_MISSING, KEY_FILE_INVALID. */
export async function readVkey(path: string): Promise<string> {
  const text = (await readFile(path, 'utf8').catch(missing(basename(path)))).trim();
  parseVerifierKey(text);
  return text;
}

/** The whole file appears at once, or not at all when the name is taken. */
async function writeNew(path: string, bytes: Buffer, mode: number): Promise<void> {
  const scratch = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(scratch, 'wx', mode);
    try {
      await handle.writeFile(bytes);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(scratch, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw fileError(path, error);
    throw new SealstreamError('FILE_EXISTS', { file: path });
  } finally {
    await rm(scratch, { force: true });
  }
}

function missing(file: string): (error: unknown) => never {
  return (error) => {
    if (errnoOf(error) === 'ENOENT') throw new SealstreamError('KEY_FILE_MISSING', { file });
    throw fileError(file, error);
  };
}
