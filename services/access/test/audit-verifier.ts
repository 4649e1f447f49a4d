import { createHash, createPublicKey, verify } from 'node:crypto';
import { expect } from 'vitest';

// A verifier of its own, written from RFC 6962, RFC 8032 and C2SP signed-note; nothing of ours in it.

/** An entry of the log as access proves it. */
export interface Proof {
  readonly index: number;
  readonly entry: string;
  readonly proof: readonly string[];
  readonly checkpoint: string;
}

const sha256 = (...parts: Uint8Array[]) =>
  createHash('sha256').update(Buffer.concat(parts)).digest();
/** RFC 6962, 2.1. */
export const leafHash = (entry: Buffer) => sha256(Buffer.of(0), entry);
const node = (left: Buffer, right: Buffer) => sha256(Buffer.of(1), left, right);

/** The root that an audit path leads to (RFC 6962, 2.1.1, by recursion from the top). */
function rootOf(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer {
  if (size === 1) return leaf;
  const left = 2 ** Math.ceil(Math.log2(size) - 1);
  const sibling = path.at(-1) ?? Buffer.alloc(0);
  const rest = path.slice(0, -1);
  return index < left
    ? node(rootOf(leaf, index, left, rest), sibling)
    : node(sibling, rootOf(leaf, index - left, size - left, rest));
}

/** Both roots that a consistency proof leads to (RFC 6962, 2.1.2, by recursion from the top). */
export function rootsOf(
  from: number,
  size: number,
  path: readonly Buffer[],
  older: Buffer | undefined,
): { older: Buffer; newer: Buffer } {
  if (from === size) {
    const root = older ?? path.at(-1) ?? Buffer.alloc(0);
    return { older: root, newer: root };
  }
  const left = 2 ** Math.ceil(Math.log2(size) - 1);
  const sibling = path.at(-1) ?? Buffer.alloc(0);
  const rest = path.slice(0, -1);
  if (from <= left) {
    const below = rootsOf(from, left, rest, older);
    return { older: below.older, newer: node(below.newer, sibling) };
  }
  const below = rootsOf(from - left, size - left, rest, undefined);
  return { older: node(sibling, below.older), newer: node(sibling, below.newer) };
}

/** What a signed note says, once its Ed25519 signature holds under the verifier key. */
export function openNote(note: string, vkey: string): { size: number; root: Buffer } {
  const [text = '', signatures = ''] = note.split('\n\n');
  // Base64 has plus signs, too.
  const [name = '', , ...key] = vkey.split('+');
  const line = signatures.split('\n').find((one) => one.startsWith(`— ${name} `));
  const signature = Buffer.from(line?.split(' ')[2] ?? '', 'base64').subarray(4);
  const raw = Buffer.from(key.join('+'), 'base64').subarray(1);
  const x = raw.toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  expect(verify(null, Buffer.from(`${text}\n`), publicKey, signature)).toBe(true);
  const [origin, size, root] = text.split('\n');
  expect(origin).toBe(name);
  return { size: Number(size), root: Buffer.from(root ?? '', 'base64') };
}

export const bytes = (texts: readonly string[]) => texts.map((text) => Buffer.from(text, 'base64'));

/** The entry that a proof is of, once it holds. */
export function provenText({ checkpoint: note, entry, index, proof }: Proof, vkey: string): string {
  const { root, size } = openNote(note, vkey);
  const leaf = leafHash(Buffer.from(entry, 'base64'));
  expect(rootOf(leaf, index, size, bytes(proof)).equals(root)).toBe(true);
  return Buffer.from(entry, 'base64').toString('utf8');
}
