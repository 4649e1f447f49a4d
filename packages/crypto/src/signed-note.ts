import { createHash } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { PUBLIC_KEY_BYTES, signDocument, type Signer, verifyDocument } from './signer.ts';

/*
 * C2SP signed notes (c2sp.org/signed-note), Ed25519: a text, an empty line, then signature lines
 * `— <key name> <base64(key id ‖ signature)>`.
 */

/** Signature type of plain Ed25519 in key ids and verifier keys. */
const ED25519 = 1;
const KEY_ID_BYTES = 4;
/** As in the reference implementation: more is an attack and not a note. */
const NOTE_BYTES_MAX = 1_000_000;
const SIGNATURES_MAX = 100;
const LINE_START = '— ';

/** A known key: name and key id choose it, the public key decides. */
export interface NoteVerifier {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly keyId: string;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Buffer;
}

/** One signature line, as it stands. */
export interface NoteSignature {
  readonly name: string;
  /** 8 lower-case hex digits. */
  readonly keyId: string;
  /** What follows the key id. */
  readonly signature: Buffer;
}

/** A note whose every signature by a known key holds, and at least one does; or why not. */
export type OpenedNote =
  | {
      readonly ok: true;
      readonly text: string;
      readonly verified: readonly NoteSignature[];
      /** Lines of unknown keys: they prove nothing. */
      readonly unverified: readonly NoteSignature[];
    }
  | { readonly ok: false; readonly why: 'malformed' | 'unverified' | 'bad-signature' };

/** The verifier key `name+key id+base64(type ‖ public key)` of a public key. */
export function verifierKey(name: string, publicKey: Uint8Array): string {
  const typed = Buffer.concat([Buffer.from([ED25519]), publicKey]);
  return `${name}+${keyIdOf(name, typed)}+${typed.toString('base64')}`;
}

/** Reads a verifier key. Throws KEY_FILE_INVALID when any part of it is wrong. */
export function parseVerifierKey(text: string): NoteVerifier {
  const [, name = '', keyId = '', encoded = ''] =
    /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? [];
  const typed = strictBase64(encoded);
  const right =
    isKeyName(name) &&
    typed !== undefined &&
    typed.length === 1 + PUBLIC_KEY_BYTES &&
    typed[0] === ED25519 &&
    keyIdOf(name, typed) === keyId;
  if (!right) throw new SealstreamError('KEY_FILE_INVALID', { expected: 'verifier key' });
  return { name, keyId, publicKey: typed.subarray(1) };
}

/**
 * Signs a text with one key or several.
 *
 * @param text ends with a newline and has no control characters besides newlines
 */
export function signNote(
  text: string,
  signers: readonly { readonly name: string; readonly signer: Signer }[],
): string {
  // Precondition: what is signed can be opened again.
  if (!isNoteText(text) || signers.length === 0 || !signers.every((one) => isKeyName(one.name)))
    throw new SealstreamError('INTERNAL', { note: 'text, signers or a key name do not fit' });
  const lines = signers.map(({ name, signer }) => {
    const typed = Buffer.concat([Buffer.from([ED25519]), signer.publicKey]);
    const id = Buffer.from(keyIdOf(name, typed), 'hex');
    const signature = Buffer.concat([id, signDocument(signer, Buffer.from(text))]);
    return `${LINE_START}${name} ${signature.toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * Opens a note. Every signature line that names a known key must hold, repeats too; unknown ones
 * are handed back unverified. Never throws.
 */
export function openNote(note: Uint8Array, verifiers: readonly NoteVerifier[]): OpenedNote {
  const parts = splitNote(note);
  if (parts === undefined) return { ok: false, why: 'malformed' };
  const bytes = Buffer.from(parts.text);
  const verified: NoteSignature[] = [];
  const unverified: NoteSignature[] = [];
  for (const line of parts.signatures) {
    const known = verifiers.filter(({ name, keyId }) => name === line.name && keyId === line.keyId);
    if (known.length === 0) {
      unverified.push(line);
      continue;
    }
    if (!known.every(({ publicKey }) => verifyDocument(publicKey, bytes, line.signature)))
      return { ok: false, why: 'bad-signature' };
    const seen = verified.some(({ name, keyId }) => name === line.name && keyId === line.keyId);
    if (!seen) verified.push(line);
  }
  if (verified.length === 0) return { ok: false, why: 'unverified' };
  return { ok: true, text: parts.text, verified, unverified };
}

function splitNote(note: Uint8Array): { text: string; signatures: NoteSignature[] } | undefined {
  if (note.length > NOTE_BYTES_MAX) return undefined;
  const whole = strictUtf8(note);
  const blank = whole?.lastIndexOf('\n\n') ?? -1;
  if (whole === undefined || blank < 0) return undefined;
  const text = whole.slice(0, blank + 1);
  const tail = whole.slice(blank + 2);
  if (!isNoteText(text) || !tail.endsWith('\n')) return undefined;
  const lines = tail.slice(0, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) return undefined;
  const signatures = lines.map(signatureOf);
  return signatures.every((one) => one !== undefined) ? { text, signatures } : undefined;
}

function signatureOf(line: string): NoteSignature | undefined {
  if (!line.startsWith(LINE_START)) return undefined;
  const [name = '', encoded = '', ...more] = line.slice(LINE_START.length).split(' ');
  const bytes = strictBase64(encoded);
  if (more.length > 0 || !isKeyName(name) || bytes === undefined) return undefined;
  if (bytes.length <= KEY_ID_BYTES) return undefined;
  return {
    name,
    keyId: bytes.toString('hex', 0, KEY_ID_BYTES),
    signature: bytes.subarray(KEY_ID_BYTES),
  };
}

function keyIdOf(name: string, typedKey: Uint8Array): string {
  const digest = createHash('sha256').update(`${name}\n`).update(typedKey).digest();
  return digest.toString('hex', 0, KEY_ID_BYTES);
}

/** Not empty, no space of any kind, no plus, and whole characters. */
function isKeyName(name: string): boolean {
  return /^[^\s\u0085+]+$/u.test(name) && name.isWellFormed() && !hasControl(name);
}

function isNoteText(text: string): boolean {
  return text.endsWith('\n') && text.isWellFormed() && !hasControl(text.replaceAll('\n', ''));
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) return true;
  return false;
}

function strictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Standard base64 in its canonical form, padded. */
function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined;
}
