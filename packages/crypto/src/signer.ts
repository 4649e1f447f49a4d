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
  const privateKey = pem(PRIVATE_LABEL, der);
  sodium.sodium_memzero(seed);
  sodium.sodium_memzero(der);
  return { publicKey: publicKeyPem(publicKey), privateKey };
}

/** A public key (32 bytes) as PEM. */
export function publicKeyPem(publicKey: Uint8Array): string {
  return pem(PUBLIC_LABEL, Buffer.concat([PUBLIC_HEAD, publicKey])).toString('latin1');
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

/* Bytes throughout: a string with a private key would stay on the heap until the collector comes. */

const DIGITS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PAD = 0x3d;
/** Space and what stands between lines. */
const SPACES = [0x20, 0x09, 0x0a, 0x0d];

function pem(label: string, der: Buffer): Buffer {
  const [begin, end] = [`-----BEGIN ${label}-----\n`, `\n-----END ${label}-----\n`];
  const digits = 4 * Math.ceil(der.length / 3);
  const text = Buffer.alloc(begin.length + digits + end.length, PAD);
  text.write(begin, 'latin1');
  text.write(end, begin.length + digits, 'latin1');
  for (let bit = 0; bit < 8 * der.length; bit += 6) {
    const [at, shift] = [bit >> 3, bit & 7];
    const pair = (der[at] << 8) | (der[at + 1] ?? 0);
    text[begin.length + bit / 6] = DIGITS[(pair >> (10 - shift)) & 63];
  }
  return text;
}

function unpem(label: string, head: Buffer, size: number, file: Uint8Array): Buffer {
  const der = Buffer.alloc(head.length + size);
  try {
    if (!decodePem(label, file, der) || !der.subarray(0, head.length).equals(head))
      throw new SealstreamError('KEY_FILE_INVALID', { expected: `Ed25519 ${label} as PEM` });
    return Buffer.from(der.subarray(head.length));
  } finally {
    der.fill(0);
  }
}

/** Fills `der` with what stands between the two lines; false when it is of another form or length. */
function decodePem(label: string, file: Uint8Array, der: Buffer): boolean {
  const text = Buffer.from(file.buffer, file.byteOffset, file.length);
  const [begin, end] = [`-----BEGIN ${label}-----`, `-----END ${label}-----`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) return false;
  const isAlone = (part: Buffer): boolean => part.every((byte) => SPACES.includes(byte));
  if (!isAlone(text.subarray(0, from)) || !isAlone(text.subarray(to + end.length))) return false;
  let [bits, pads] = [0, 0];
  for (const byte of text.subarray(from + begin.length, to)) {
    if (SPACES.includes(byte)) continue;
    const digit = DIGITS.indexOf(byte);
    if (byte === PAD) pads += 1;
    else if (digit < 0 || pads > 0 || bits + 6 > 8 * der.length + 5) return false;
    else {
      const [at, shift] = [bits >> 3, bits & 7];
      const pair = digit << (10 - shift);
      der[at] |= pair >> 8;
      if (at + 1 < der.length) der[at + 1] |= pair & 0xff;
      bits += 6;
    }
  }
  return bits >= 8 * der.length && pads === (3 - (der.length % 3)) % 3;
}
