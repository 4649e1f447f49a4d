import { bytesOf } from './base64.ts';

/** What a checkpoint says (C2SP tlog-checkpoint). */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array<ArrayBuffer>;
}

/** Reads a signed note as a checkpoint, without looking at its signatures; undefined when it is none. */
export function readCheckpoint(note: string): Checkpoint | undefined {
  const [origin = '', size = '', base64 = ''] = signedText(note)?.split('\n') ?? [];
  const root = bytesOf(base64);
  if (origin === '' || root?.length !== 32 || !/^(0|[1-9]\d{0,15})$/.test(size)) return undefined;
  return { origin, size: Number(size), root };
}

/** What is signed: all before the last empty line (C2SP signed-note). */
function signedText(note: string): string | undefined {
  const blank = note.lastIndexOf('\n\n');
  return blank < 0 ? undefined : note.slice(0, blank + 1);
}

interface VerifierKey {
  readonly name: string;
  /** 4 bytes, then 32 of the key. */
  readonly id: Uint8Array<ArrayBuffer>;
  readonly publicKey: Uint8Array<ArrayBuffer>;
}

const ED25519 = 1;
const ID_BYTES = 4;

/** Reads `name+key id+base64(type ‖ public key)`; undefined when any part of it is wrong. */
async function readVerifierKey(text: string): Promise<VerifierKey | undefined> {
  const [, name = '', id = '', base64 = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? [];
  const typed = bytesOf(base64);
  if (typed?.length !== 33 || typed[0] !== ED25519) return undefined;
  const named = new TextEncoder().encode(`${name}\n`);
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array([...named, ...typed]));
  const bytes = new Uint8Array(digest, 0, ID_BYTES);
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, '0')).join('');
  return hex === id ? { name, id: bytes, publicKey: typed.slice(1) } : undefined;
}

/** What is known of who signed a checkpoint. */
export type Signed = 'signed' | 'not-signed' | 'no-key' | 'cannot';

/**
 * Whether a checkpoint carries the signature of a verifier key, and names the log that the key is of.
 * Every line that names the key must hold. `no-key` where the text is no verifier key; `cannot` where
 * the browser does not know Ed25519 (RFC 8032).
 */
export async function signedBy(note: string, verifierKey: string): Promise<Signed> {
  const key = await readVerifierKey(verifierKey.trim());
  if (key === undefined) return 'no-key';
  const text = signedText(note);
  if (text === undefined || readCheckpoint(note)?.origin !== key.name) return 'not-signed';
  const signatures = signaturesOf(note.slice(text.length + 1), key);
  if (signatures === undefined || signatures.length === 0) return 'not-signed';
  try {
    const { subtle } = crypto;
    const imported = await subtle.importKey('raw', key.publicKey, 'Ed25519', false, ['verify']);
    const bytes = new TextEncoder().encode(text);
    for (const signature of signatures)
      if (!(await subtle.verify('Ed25519', imported, signature, bytes))) return 'not-signed';
    return 'signed';
  } catch {
    return 'cannot';
  }
}

/** Signatures of the lines that name the key; undefined where a line has no form of one. */
function signaturesOf(tail: string, { id, name }: VerifierKey) {
  if (!tail.endsWith('\n')) return undefined;
  const found: Uint8Array<ArrayBuffer>[] = [];
  for (const line of tail.slice(0, -1).split('\n')) {
    const [dash, signer, base64, ...more] = line.split(' ');
    const bytes = bytesOf(base64);
    if (dash !== '—' || bytes === undefined || more.length > 0) return undefined;
    if (bytes.length <= ID_BYTES) return undefined;
    const isNamed = signer === name && id.every((byte, at) => byte === bytes[at]);
    if (isNamed) found.push(bytes.slice(ID_BYTES));
  }
  return found;
}
