import { inspect } from 'node:util';
import { SealstreamError } from '@sealstream/contracts';
import sodium from 'sodium-native';

/** Ed25519 keys (RFC 8032) in the PEM forms of RFC 8410, which openssl reads and writes. */
const PRIVATE_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const PRIVATE_LABEL = 'PRIVATE KEY';
const PUBLIC_LABEL = 'PUBLIC KEY';

const SEED_BYTES = 32;
const SECRET_BYTES = 64;
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

let secretOf: (signer: Signer) => Buffer;

/** A private Ed25519 key that signs and shows nothing. */
export class Signer {
  readonly #secret: Buffer;
  /** 32 bytes. */
  readonly publicKey: Buffer;

  static {
    secretOf = (signer) => signer.#secret;
  }

  /** @param seed 32 bytes (RFC 8032); copied into guarded memory, still the caller's to zero. */
  constructor(seed: Buffer) {
    this.publicKey = Buffer.alloc(PUBLIC_KEY_BYTES);
    this.#secret = sodium.sodium_malloc(SECRET_BYTES);
    sodium.crypto_sign_seed_keypair(this.publicKey, this.#secret, seed);
  }

  toString(): string {
    return '[signer]';
  }

  toJSON(): string {
    return '[signer]';
  }

  [inspect.custom](): string {
    return '[signer]';
  }
}

/** Signs bytes: 64 bytes, detached. */
export function signDocument(signer: Signer, bytes: Uint8Array): Buffer {
  const signature = Buffer.alloc(SIGNATURE_BYTES);
  sodium.crypto_sign_detached(signature, bytes as Buffer, secretOf(signer));
  return signature;
}

/** Whether `signature` over `bytes` is of `publicKey` (32 bytes). Never throws. */
export function verifyDocument(
  publicKey: Uint8Array,
  bytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  return sodium.crypto_sign_verify_detached(
    signature as Buffer,
    bytes as Buffer,
    publicKey as Buffer,
  );
}

/** A fresh signer's key pair as files hold it; the caller zeroes `privateKey` when written. */
export function generateSigner(): { publicKey: string; privateKey: Buffer } {
  const seed = sodium.sodium_malloc(SEED_BYTES);
  sodium.randombytes_buf(seed);
  const { publicKey } = new Signer(seed);
  const der = Buffer.concat([PRIVATE_HEAD, seed]);
  const privateKey = Buffer.from(pem(PRIVATE_LABEL, der), 'latin1');
  sodium.sodium_memzero(seed);
  sodium.sodium_memzero(der);
  return { publicKey: publicKeyPem(publicKey), privateKey };
}

/** A public key (32 bytes) as PEM. */
export function publicKeyPem(publicKey: Uint8Array): string {
  return pem(PUBLIC_LABEL, Buffer.concat([PUBLIC_HEAD, publicKey]));
}

/** Reads a private key from PEM bytes. Throws KEY_FILE_INVALID. */
export function readSigner(file: Uint8Array): Signer {
  const seed = unpem(PRIVATE_LABEL, PRIVATE_HEAD, SEED_BYTES, file);
  try {
    return new Signer(seed);
  } finally {
    sodium.sodium_memzero(seed);
  }
}

/** Reads a public key (32 bytes) from PEM bytes. Throws KEY_FILE_INVALID. */
export function readPublicKey(file: Uint8Array): Buffer {
  return unpem(PUBLIC_LABEL, PUBLIC_HEAD, PUBLIC_KEY_BYTES, file);
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;
}

function unpem(label: string, head: Buffer, size: number, file: Uint8Array): Buffer {
  const text = Buffer.from(file).toString('latin1').trim();
  const body = new RegExp(
    `^-----BEGIN ${label}-----\\s+([A-Za-z0-9+/=\\s]+?)\\s+-----END ${label}-----$`,
  ).exec(text)?.[1];
  const der = Buffer.from((body ?? '').replaceAll(/\s/g, ''), 'base64');
  if (der.length !== head.length + size || !der.subarray(0, head.length).equals(head)) {
    der.fill(0);
    throw new SealstreamError('KEY_FILE_INVALID', { expected: `Ed25519 ${label} as PEM` });
  }
  const key = Buffer.from(der.subarray(head.length));
  der.fill(0);
  return key;
}
