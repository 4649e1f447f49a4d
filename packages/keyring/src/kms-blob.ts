import { createHash } from 'node:crypto';

/*
 * A wrapping key as KMS wrapped it: a line that names the form, SHA-256 of all that follows, two
 * bytes of length and the ARN of the KMS key, the ciphertext of KMS. The digest is no protection
 * against somebody who means it (KMS's own tag and our signature are); it keeps what was torn, or
 * made by another provider, from ever being sent. The ARN tells, when KMS only says that access is
 * denied, whether another key was asked for.
 */

const FORM = Buffer.from('sealstream aws-kms/1\n');
const DIGEST_BYTES = 32;
const LENGTH_BYTES = 2;

/** What a blob holds. */
export interface KmsBlob {
  readonly arn: string;
  readonly ciphertext: Buffer;
}

export function encodeKmsBlob({ arn, ciphertext }: KmsBlob): Buffer {
  const name = Buffer.from(arn);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(name.length);
  const body = Buffer.concat([length, name, ciphertext]);
  return Buffer.concat([FORM, digestOf(body), body]);
}

/** Undefined when it is none, or not whole. */
export function decodeKmsBlob(blob: Buffer): KmsBlob | undefined {
  const body = blob.subarray(FORM.length + DIGEST_BYTES);
  const digest = blob.subarray(FORM.length, FORM.length + DIGEST_BYTES);
  const isWhole = blob.subarray(0, FORM.length).equals(FORM) && digest.equals(digestOf(body));
  if (!isWhole || body.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + body.readUInt16BE(0);
  if (body.length <= end) return undefined;
  return { arn: body.toString('utf8', LENGTH_BYTES, end), ciphertext: body.subarray(end) };
}

function digestOf(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest();
}
