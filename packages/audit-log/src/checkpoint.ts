import { SealstreamError } from '@sealstream/contracts';
import { type NoteVerifier, openNote, signNote, type Signer } from '@sealstream/crypto';
import { isHash } from './merkle-hash.ts';

/** State of a log: what a checkpoint says (C2SP tlog-checkpoint). */
export interface TreeHead {
  /** Name of the log. */
  readonly origin: string;
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

/** Who signs checkpoints: the key's name is also the log's origin. */
export interface CheckpointSigner {
  readonly name: string;
  readonly signer: Signer;
}

/** The text that is signed: origin, size and root, one a line. */
export function treeHeadText({ origin, root, size }: TreeHead): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** Reads the text of a checkpoint; lines after the third are extensions. Null when malformed. */
export function parseTreeHead(text: string): TreeHead | null {
  const [origin, size, root, ...rest] = text.split('\n');
  if (origin === undefined || origin === '' || size === undefined || root === undefined)
    return null;
  if (rest.at(-1) !== '' || rest.slice(0, -1).includes('')) return null;
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) return null;
  const bytes = Buffer.from(root, 'base64');
  if (!isHash(bytes) || bytes.toString('base64') !== root) return null;
  return { origin, size: Number(size), root: bytes };
}

/** Signs a state of the log as a note. */
export function signCheckpoint(head: TreeHead, by: CheckpointSigner): string {
  return signNote(treeHeadText(head), [by]);
}

/** A checkpoint whose signature holds, or why it is none. */
export type OpenedCheckpoint =
  | { readonly ok: true; readonly head: TreeHead }
  | { readonly ok: false; readonly why: string };

/** Checks the signature, the form and that the log is the one that the key is named after. */
export function openCheckpoint(note: Uint8Array, verifier: NoteVerifier): OpenedCheckpoint {
  const opened = openNote(note, [verifier]);
  if (!opened.ok) return { ok: false, why: `signed note: ${opened.why}` };
  const head = parseTreeHead(opened.text);
  if (head === null) return { ok: false, why: 'not origin, size and root' };
  if (head.origin !== verifier.name) return { ok: false, why: 'the origin is another log' };
  return { ok: true, head };
}

/** As openCheckpoint; throws AUDIT_LOG_CORRUPT. */
export function requireCheckpoint(note: Uint8Array, verifier: NoteVerifier): TreeHead {
  const opened = openCheckpoint(note, verifier);
  if (!opened.ok) {
    throw new SealstreamError('AUDIT_LOG_CORRUPT', { file: 'checkpoint', why: opened.why });
  }
  return opened.head;
}
