import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Of every secret that is made here. */
const SECRET_BYTES = 32;
const SECRET = /^[\w-]{43}$/;
/** Names of keys and sessions: 62^12 is above 2^71, and none is a secret. */
const ID_CHARACTERS = 12;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The largest multiple of 62 in a byte: what is above would make some characters likelier. */
const FAIR = 248;

/** A new secret: 256 random bits, as 43 characters of base64url. */
export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Whether a text can be a secret at all; the last character holds four bits, and no others. */
export function isSecretForm(text: string): boolean {
  return SECRET.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text;
}

/** 12 random characters of 0-9, A-Z, a-z. */
export function newId(): string {
  let id = '';
  while (id.length < ID_CHARACTERS)
    for (const byte of randomBytes(ID_CHARACTERS))
      if (byte < FAIR && id.length < ID_CHARACTERS) id += BASE62[byte % BASE62.length];
  return id;
}

export function isIdForm(text: string): boolean {
  return /^[0-9A-Za-z]{12}$/.test(text);
}

/**
 * What is kept of a secret: SHA-256, base64url. Slow hashes are for what people choose; nobody can go
 * through 2^256 texts, so a fast one gives nothing away, and costs no queue (NIST SP 800-63B-4, 3.1.2.2).
 */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Whether a secret is the one that the digest was kept of. Takes the same time wherever they differ. */
export function isDigestOf(secret: string, digest: string): boolean {
  const own = Buffer.from(digestOf(secret));
  const kept = Buffer.from(digest);
  return own.length === kept.length && timingSafeEqual(own, kept);
}
