import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/*
 * The reference: what somebody writes who has node:crypto and nothing else. AES-256-GCM with
 * associated data and a random nonce, in base64url.
 */

const key = randomBytes(32);
const associated = Buffer.from('people/ssn/k3Y_id-12AbZ');
const TAG_BYTES = 16;
const NONCE_BYTES = 12;

export function plainSeal(plain: Buffer): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated);
  const sealed = [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return `enc:${Buffer.concat(sealed).toString('base64url')}`;
}

export function plainOpen(token: string): Buffer {
  const bytes = Buffer.from(token.slice(4), 'base64url');
  const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
  cipher.setAAD(associated);
  cipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]);
}

/** Parses a record, seals the named fields, and writes it again. */
export function plainRecord(json: Buffer, fields: readonly string[]): Buffer {
  const record = JSON.parse(json.toString('utf8')) as Record<string, unknown>;
  for (const field of fields) record[field] = plainSeal(Buffer.from(String(record[field])));
  return Buffer.from(JSON.stringify(record));
}
