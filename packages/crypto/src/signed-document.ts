import { createHash } from 'node:crypto';
import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import { signDocument, type Signer, verifyDocument } from './signer.ts';

/** A document whose signature holds, with the bytes that were signed. */
export interface SignedDocument<D> {
  readonly document: D;
  /** As it is kept and sent: one line of JSON, one line of base64url signature. */
  readonly bytes: Buffer;
  /** SHA-256 of `bytes`, hex. */
  readonly digest: string;
}

/** One kind of signed document. */
export interface DocumentForm<D> {
  /** What a signature is over begins with this, so that no kind passes for another. */
  readonly domain: string;
  /** Throws anything when the value is no document of this kind. */
  parse(value: unknown): D;
  nameOf(document: D): string;
  /** What errors say of it; of a keyset unless told. */
  readonly refusals?: Refusals;
}

/** The codes for a wrong signature and a wrong inside, and what the name is a name of. */
interface Refusals {
  readonly noun: string;
  readonly signature: ErrorCode;
  readonly inside: ErrorCode;
}

const OF_KEYSETS: Refusals = {
  noun: 'keyset',
  signature: 'KEYSET_BAD_SIGNATURE',
  inside: 'KEYSET_UNREADABLE',
};

const NEWLINE = 0x0a;

/** Signs a document. */
export function signWith<D>(form: DocumentForm<D>, document: D, signer: Signer): SignedDocument<D> {
  const body = Buffer.from(`${JSON.stringify(form.parse(document))}\n`);
  const signature = signDocument(signer, Buffer.concat([Buffer.from(form.domain), body]));
  const signed = Buffer.concat([body, Buffer.from(`${signature.toString('base64url')}\n`)]);
  return { document, bytes: signed, digest: digestOf(signed) };
}

/**
 * Reads a signed document that should be the named one.
 * Throws KEYSET_BAD_SIGNATURE before it looks inside, KEYSET_UNREADABLE when the inside is wrong, or
 * the codes that the form has for them.
 */
export function openWith<D>(
  form: DocumentForm<D>,
  name: string,
  input: Uint8Array,
  signerPublicKey: Uint8Array,
): SignedDocument<D> {
  const { inside, noun, signature: badSignature } = form.refusals ?? OF_KEYSETS;
  const signed = Buffer.from(input);
  const bodyEnd = signed.indexOf(NEWLINE) + 1;
  const body = signed.subarray(0, bodyEnd);
  const text = signed.toString('latin1', bodyEnd);
  const signature = Buffer.from(text, 'base64url');
  // One signature has one text, so that one document has one digest.
  const canonical = `${signature.toString('base64url')}\n` === text;
  const message = Buffer.concat([Buffer.from(form.domain), body]);
  if (!canonical || !verifyDocument(signerPublicKey, message, signature))
    throw new SealstreamError(badSignature, { [noun]: name });
  const document = parsed(form, body);
  if (document === undefined || form.nameOf(document) !== name)
    throw new SealstreamError(inside, { [noun]: name });
  return { document, bytes: signed, digest: digestOf(signed) };
}

function parsed<D>(form: DocumentForm<D>, body: Buffer): D | undefined {
  try {
    return form.parse(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined;
  }
}

function digestOf(signed: Buffer): string {
  return createHash('sha256').update(signed).digest('hex');
}
