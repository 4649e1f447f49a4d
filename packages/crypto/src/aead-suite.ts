import { GCM_NONCE_BYTES, gcmOpen, gcmSeal } from './aes-256-gcm.ts';
import type { FieldAlgorithm } from './derivation.ts';
import type { KeyHandle } from './key-handle.ts';
import { NONCE_BYTES } from './nonce-source.ts';
import { aeadOpen, aeadSeal } from './xchacha20-poly1305.ts';

type Seal = (s: Buffer, plain: Buffer, associated: Buffer, nonce: Buffer, key: KeyHandle) => void;
type Open = (
  p: Buffer,
  sealed: Buffer,
  associated: Buffer,
  nonce: Buffer,
  key: KeyHandle,
) => boolean;

/** What a token is sealed with. Every suite has a tag of 16 bytes. */
export interface AeadSuite {
  readonly nonceBytes: number;
  /** Whether the nonce is made from what is sealed. */
  readonly isDeterministic: boolean;
  readonly seal: Seal;
  readonly open: Open;
}

/** The suites of tokens, by the algorithm of their keys. */
export const TOKEN_SUITES: Readonly<Record<Exclude<FieldAlgorithm, 'fernet'>, AeadSuite>> = {
  'xchacha20-poly1305': {
    nonceBytes: NONCE_BYTES,
    isDeterministic: false,
    seal: aeadSeal,
    open: aeadOpen,
  },
  'aes-256-gcm': {
    nonceBytes: GCM_NONCE_BYTES,
    isDeterministic: false,
    seal: gcmSeal,
    open: gcmOpen,
  },
  'xchacha20-poly1305-siv': {
    nonceBytes: NONCE_BYTES,
    isDeterministic: true,
    seal: aeadSeal,
    open: aeadOpen,
  },
};
