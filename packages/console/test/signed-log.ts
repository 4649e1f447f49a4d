import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { EntryProof } from '../src/page/proof/entry-proof.ts';

// A small log with its signed checkpoint, written from RFC 6962 and C2SP signed-note on node:crypto alone.

const sha256 = (...parts: Uint8Array[]) =>
  createHash('sha256').update(Buffer.concat(parts)).digest();
const leafOf = (entry: string) => sha256(Buffer.of(0), Buffer.from(entry));
/** The largest power of two below n. */
const splitOf = (n: number) => 2 ** (Math.ceil(Math.log2(n)) - 1);

function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return only;
  const split = splitOf(leaves.length);
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

function pathOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const split = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...pathOf(index, left), rootOf(right)]
    : [...pathOf(index - split, right), rootOf(left)];
}

export interface SignedLog {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  readonly checkpoint: string;
  /** `name+key id+base64(type ‖ public key)`. */
  readonly vkey: string;
  readonly proofOf: (index: number) => EntryProof;
}

function noteOf(name: string, text: string, publicKey: KeyObject, privateKey: KeyObject) {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const typed = Buffer.concat([Buffer.of(1), raw]);
  const id = sha256(Buffer.from(`${name}\n`), typed).subarray(0, 4);
  const signature = Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]);
  return {
    vkey: `${name}+${id.toString('hex')}+${typed.toString('base64')}`,
    checkpoint: `${text}\n— ${name} ${signature.toString('base64')}\n`,
  };
}

/** Signs a log of these entries under a new key. */
export function signedLog(name: string, entries: readonly string[]): SignedLog {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const leaves = entries.map(leafOf);
  const size = entries.length;
  const root = rootOf(leaves).toString('base64');
  const { checkpoint, vkey } = noteOf(name, `${name}\n${size}\n${root}\n`, publicKey, privateKey);
  const proofOf = (index: number): EntryProof => ({
    index,
    entry: Buffer.from(entries[index] ?? '').toString('base64'),
    proof: pathOf(index, leaves).map((hash) => hash.toString('base64')),
    checkpoint,
  });
  return { size, root, checkpoint, vkey, proofOf };
}
