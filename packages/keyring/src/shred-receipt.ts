import { SealstreamError } from '@sealstream/contracts';
import {
  type DocumentForm,
  isKeyId,
  openWith,
  type SignedDocument,
  type Signer,
  signWith,
} from '@sealstream/crypto';
import { z } from 'zod';
import type { ShredEntry } from './shred-chain.ts';

const INDEX_CHARACTERS = 22;

/** What a receipt says. It names the person by index alone. */
const ShredReceipt = z.strictObject({
  type: z.literal('sealstream-shred'),
  v: z.literal(1),
  action: z.enum(['shred', 're-enrol']),
  dataset: z.string().min(1),
  /** 16 bytes in base64url: keyed hash of what the policy's subject field holds. */
  index: z.string().length(INDEX_CHARACTERS),
  /** The key that was destroyed; absent when there was none. */
  keyId: z.string().refine(isKeyId).optional(),
  time: z.iso.datetime(),
  actor: z.string(),
  reason: z.string(),
  /** 1, 2, …: its place among the shreds and re-enrolments of the dataset. */
  number: z.int().min(1),
  /** Version of the register that it came with. */
  version: z.int().min(1),
});
export type ShredReceipt = z.infer<typeof ShredReceipt>;
export type SignedReceipt = SignedDocument<ShredReceipt>;

const FORM: DocumentForm<ShredReceipt> = {
  domain: 'sealstream/v1 shred\n',
  parse: (value) => ShredReceipt.parse(value),
  nameOf: () => 'receipt',
};

export function signReceipt(receipt: ShredReceipt, signer: Signer): SignedReceipt {
  return signWith(FORM, receipt, signer);
}

/**
 * Reads a receipt that was handed out.
 *
 * @param signerPublicKey 32 bytes, of whoever signs keysets
 * Throws KEYSET_BAD_SIGNATURE, KEYSET_UNREADABLE.
 */
export function verifyReceipt(bytes: Uint8Array, signerPublicKey: Uint8Array): SignedReceipt {
  return openWith(FORM, 'receipt', bytes, signerPublicKey);
}

/** The entry of the list of shreds that a receipt belongs to. */
export function entryOf({ document, digest }: SignedReceipt): ShredEntry {
  const { action, index, keyId, time } = document;
  return { action, index, keyId, time, receiptDigest: digest };
}

/** Throws KEYSET_UNREADABLE when a receipt is about another dataset or subject. */
export function requireAbout(
  { document }: SignedReceipt,
  about: Pick<ShredReceipt, 'dataset' | 'index'>,
): void {
  if (document.dataset !== about.dataset || document.index !== about.index)
    throw new SealstreamError('KEYSET_UNREADABLE', { receipt: about.dataset, index: about.index });
}
