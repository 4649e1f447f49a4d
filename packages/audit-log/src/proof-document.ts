import { SealstreamError } from '@sealstream/contracts';
import { parseVerifierKey } from '@sealstream/crypto';
import { requireCheckpoint, type TreeHead } from './checkpoint.ts';
import type { EntryProof, GrowthProof } from './log-reader.ts';
import { leafHash } from './merkle-hash.ts';
import { verifyConsistency, verifyInclusion } from './proof.ts';

/*
 * Proofs as JSON, for whoever has the verifier key and nothing else of us: bytes in base64, the checkpoint as
 * the signed note that it is (C2SP tlog-checkpoint), hashes in the order of RFC 6962.
 */

/** That an entry stands in the log. */
export interface EntryDocument {
  readonly index: number;
  /** Base64 of the entry's bytes. */
  readonly entry: string;
  /** The audit path, from the leaf's sibling up. */
  readonly proof: readonly string[];
  readonly checkpoint: string;
}

/** That a log only grew since it had `from` entries. */
export interface GrowthDocument {
  readonly from: number;
  readonly proof: readonly string[];
  readonly checkpoint: string;
}

/** An entry that was proven to stand under a signed checkpoint. */
export interface ProvenEntry {
  readonly index: number;
  readonly head: TreeHead;
  readonly bytes: Buffer;
}

/** @param note the checkpoint under which the proof was made */
export function entryDocument({ entry, index, proof }: EntryProof, note: string): EntryDocument {
  return { index, entry: entry.toString('base64'), proof: texts(proof), checkpoint: note };
}

/** @param note the checkpoint of the newer tree */
export function growthDocument(from: number, { proof }: GrowthProof, note: string): GrowthDocument {
  return { from, proof: texts(proof), checkpoint: note };
}

/**
 * The entry of a document, once its proof leads to a checkpoint that this key signed.
 *
 * @param document of any form, as it came
 * @throws SealstreamError AUDIT_LOG_CORRUPT with why
 */
export function readEntryDocument(document: unknown, vkey: string): ProvenEntry {
  const { checkpoint, entry, index, proof } = Object(document) as Record<string, unknown>;
  const head = headOf(checkpoint, vkey);
  const bytes = bytesOf(entry, 'entry');
  if (!isCount(index)) throw refused('index');
  const claim = { index: BigInt(index), size: BigInt(head.size), root: head.root };
  if (!verifyInclusion({ ...claim, leaf: leafHash(bytes), proof: hashesOf(proof) }))
    throw refused('the proof does not lead from the entry to the checkpoint');
  return { index, head, bytes };
}

/**
 * The newer tree head of a document, once its proof leads there from an older checkpoint, both signed by
 * this key.
 *
 * @param older the signed checkpoint that was kept from before
 * @throws SealstreamError AUDIT_LOG_CORRUPT with why
 */
export function readGrowthDocument(document: unknown, older: Uint8Array, vkey: string): TreeHead {
  const { checkpoint, from, proof } = Object(document) as Record<string, unknown>;
  const newer = headOf(checkpoint, vkey);
  const before = requireCheckpoint(older, parseVerifierKey(vkey));
  if (from !== before.size) throw refused('the proof is from another size than the checkpoint');
  const sizes = { size1: BigInt(before.size), size2: BigInt(newer.size) };
  const roots = { root1: before.root, root2: newer.root };
  if (!verifyConsistency({ ...sizes, ...roots, proof: hashesOf(proof) }))
    throw refused('the proof does not lead from the older checkpoint to the newer one');
  return newer;
}

function headOf(checkpoint: unknown, vkey: string): TreeHead {
  if (typeof checkpoint !== 'string') throw refused('checkpoint');
  return requireCheckpoint(Buffer.from(checkpoint), parseVerifierKey(vkey));
}

function hashesOf(proof: unknown): Buffer[] {
  if (!Array.isArray(proof)) throw refused('proof');
  return proof.map((hash) => bytesOf(hash, 'proof'));
}

/** Canonical base64 alone, so that a document has one form. */
function bytesOf(text: unknown, what: string): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (bytes.toString('base64') !== text) throw refused(what);
  return bytes;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function texts(hashes: readonly Buffer[]): string[] {
  return hashes.map((hash) => hash.toString('base64'));
}

function refused(why: string): SealstreamError {
  return new SealstreamError('AUDIT_LOG_CORRUPT', { file: 'proof', why });
}
