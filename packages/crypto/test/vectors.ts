import { readFileSync } from 'node:fs';
import type { KeyUse } from '../src/derivation.ts';
import type { BoundTo, SealMethod } from '../src/seal-method.ts';
import type { PlainType } from '../src/typed-block.ts';

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8'));
}

export const hex = (text: string): Buffer => Buffer.from(text, 'hex');

export const derivations = (
  read('derivation.json') as {
    cases: { stored: string; use: KeyUse; input: string; derived: string }[];
  }
).cases;

export const fieldTokens = (
  read('field-tokens.json') as {
    cases: {
      stored: string;
      keyId: string;
      dataset: string;
      path: string;
      type: PlainType;
      plain: string;
      nonce: string;
      token: string;
    }[];
  }
).cases;

interface FieldCase {
  stored: string;
  keyId: string;
  dataset: string;
  path: string;
  type: PlainType;
  plain: string;
  nonce: string;
  token: string;
}

const forms = read('sealed-forms.json') as {
  forms: (FieldCase & {
    form: string;
    algorithm: string;
    method: Partial<SealMethod>;
    /** When a Fernet token says that it was made. */
    seconds?: number;
  })[];
  bound: (FieldCase & { bind: BoundTo[]; subject: string; source: string })[];
};
export const sealedForms = forms.forms;
export const boundTokens = forms.bound;

interface RecordCase {
  keyId: string;
  purpose: 'accepted' | 'rejected';
  dataset: string;
  stage: string;
  source: string;
  key: string | null;
  headers: string;
  plain: string;
  sealed: string;
}
export const sealedRecords = read('sealed-records.json') as {
  shared: (RecordCase & { stored: string; nonce: string })[];
  toPublic: (RecordCase & { privateKey: string; publicKey: string })[];
};

export const keyedHashes = (
  read('keyed-hashes.json') as {
    cases: { stored: string; dataset: string; path: string; value: string; digest: string }[];
  }
).cases;

export const paddings = (read('padding.json') as { cases: [number, number][] }).cases;

export const xchacha = (
  read('xchacha20-poly1305.json') as {
    cases: { plain: string; associated: string; key: string; nonce: string; sealed: string }[];
  }
).cases;

export const signedNotes = read('signed-notes.json') as {
  verifierKeys: { id: string; vkey: string }[];
  badVerifierKeys: { vkey: string; why: string }[];
  notes: {
    case: string;
    keys: string[];
    noteBase64: string;
    expect: 'ok' | 'reject-unverified' | 'reject-bad-signature' | 'reject-malformed';
    verified?: string[];
    unverified?: string[];
  }[];
};

interface AeadCase {
  from: string;
  key: string;
  nonce: string;
  associated: string;
  plain: string;
  sealed: string;
}

export const standards = read('standards.json') as {
  aes256Gcm: AeadCase[];
  chaCha20Poly1305: AeadCase[];
  blake2bKeyed: { from: string; key: string; message: string; digest: string }[];
  fernet: {
    from: string;
    secret: string;
    seconds: number;
    iv: string;
    plain: string;
    token: string;
  }[];
};

/** NIST's samples of FF1; vectors/ff1.json says where they are from. */
export const ff1Samples = (
  read('ff1.json') as {
    vectors: {
      id: number;
      key: string;
      radix: number;
      alphabet: string;
      tweak: string;
      plaintext: string;
      ciphertext: string;
    }[];
  }
).vectors;
