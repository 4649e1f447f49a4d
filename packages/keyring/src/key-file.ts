import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Purpose, SealstreamError } from '@sealstream/contracts';
import {
  generateKey,
  generateSigner,
  KEY_BYTES,
  type KeyHandle,
  keyHandle,
  publicKeyPem,
  readPublicKey,
  readSigner,
  type Signer,
} from '@sealstream/crypto';
import sodium from 'sodium-native';
import { createFile, readSecretFile } from './secret-file.ts';

/*
 * An outermost key file is two lines of ASCII: `sealstream-key/1 <purpose>` and 64 hex digits.
 * Its bytes never become a string, since strings stay on the heap until the collector comes by.
 */

const headOf = (purpose: Purpose): Buffer => Buffer.from(`sealstream-key/1 ${purpose}\n`);
const HEX_DIGITS = Buffer.from('0123456789abcdef');
const HEX_BYTES = 2 * KEY_BYTES;
const NEWLINE = 0x0a;
const READABLE_BY_ALL = 0o644;

/** Where the outermost key of a purpose lies. */
export function keyFilePath(dir: string, purpose: Purpose): string {
  return join(dir, `${purpose}.key`);
}

/**
 * Reads the outermost key of a purpose into the caller's slot.
 * Throws KEY_FILE_MISSING, KEY_FILE_OPEN, KEY_FILE_INVALID.
 */
export function readKeyFile(dir: string, purpose: Purpose, slot: Buffer): KeyHandle {
  const path = keyFilePath(dir, purpose);
  const content = readSecretFile(path);
  try {
    const head = headOf(purpose);
    const tail = content.subarray(head.length);
    const fits =
      content.subarray(0, head.length).equals(head) &&
      (tail.length === HEX_BYTES || (tail.length === HEX_BYTES + 1 && tail[HEX_BYTES] === NEWLINE));
    if (!fits || !fromHex(tail, slot))
      throw new SealstreamError('KEY_FILE_INVALID', { file: path, purpose });
    return keyHandle(slot);
  } finally {
    content.fill(0);
  }
}

/**
 * Makes one outermost key file per purpose, 0600. Throws FILE_EXISTS before it makes any when one
 * of them is there.
 *
 * @returns the paths made
 */
export function createKeyFiles(dir: string, purposes: readonly Purpose[]): string[] {
  const paths = purposes.map((purpose) => keyFilePath(dir, purpose));
  for (const path of paths) refuseExisting(path);
  const slot = sodium.sodium_malloc(KEY_BYTES);
  for (const purpose of purposes) {
    generateKey(slot);
    const content = Buffer.concat([headOf(purpose), toHex(slot), Buffer.from([NEWLINE])]);
    try {
      createFile(keyFilePath(dir, purpose), content);
    } finally {
      content.fill(0);
      sodium.sodium_memzero(slot);
    }
  }
  return paths;
}

/** Makes a signer's key pair: the private half 0600, the public half for everyone. Both PEM. */
export function createSignerFiles(privatePath: string, publicPath: string): void {
  for (const path of [privatePath, publicPath]) refuseExisting(path);
  const { privateKey, publicKey } = generateSigner();
  try {
    createFile(privatePath, privateKey);
    createFile(publicPath, Buffer.from(publicKey), READABLE_BY_ALL);
  } finally {
    privateKey.fill(0);
  }
}

/** Makes the public half, for everyone, of a signer that is there. Throws FILE_EXISTS, KEY_FILE_*. */
export function createPublicKeyFile(privatePath: string, publicPath: string): void {
  const { publicKey } = readSignerFile(privatePath);
  createFile(publicPath, Buffer.from(publicKeyPem(publicKey)), READABLE_BY_ALL);
}

/** Reads a signer. Throws KEY_FILE_MISSING, KEY_FILE_OPEN, KEY_FILE_INVALID. */
export function readSignerFile(path: string): Signer {
  const content = readSecretFile(path);
  try {
    return readSigner(content);
  } finally {
    content.fill(0);
  }
}

/** Reads a public key, 32 bytes. Throws KEY_FILE_MISSING, KEY_FILE_INVALID. */
export function readPublicKeyFile(path: string): Buffer {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch {
    throw new SealstreamError('KEY_FILE_MISSING', { file: path });
  }
  return readPublicKey(content);
}

function refuseExisting(path: string): void {
  if (existsSync(path)) throw new SealstreamError('FILE_EXISTS', { file: path });
}

function toHex(key: Buffer): Buffer {
  const hex = Buffer.alloc(HEX_BYTES);
  for (const [at, byte] of key.entries()) {
    hex[2 * at] = HEX_DIGITS[byte >> 4];
    hex[2 * at + 1] = HEX_DIGITS[byte & 15];
  }
  return hex;
}

function fromHex(hex: Buffer, key: Buffer): boolean {
  for (let at = 0; at < KEY_BYTES; at++) {
    const high = HEX_DIGITS.indexOf(hex[2 * at]);
    const low = HEX_DIGITS.indexOf(hex[2 * at + 1]);
    if (high < 0 || low < 0) {
      sodium.sodium_memzero(key);
      return false;
    }
    key[at] = (high << 4) | low;
  }
  return true;
}
