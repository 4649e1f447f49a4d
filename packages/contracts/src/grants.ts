import { z } from 'zod';

/** Longest life of a grant, in days: whoever still needs it after that asks for a new one. */
export const GRANT_DAYS_MAX = 366;
/** Keys that may be asked for at once. */
export const RESOLVE_KEYS_MAX = 10_000;
/** A resolved key is used no longer than this, so that a shred binds soon. */
export const RESOLVED_TTL_MS_MAX = 5 * 60_000;

const GrantId = z.string().regex(/^[0-9a-f]{24}$/);
const KeyId = z.string().regex(/^[A-Za-z0-9_-]{12}$/);
/** 16 random bytes in base64url. */
const Nonce = z.string().regex(/^[A-Za-z0-9_-]{22}$/);
/** 32 bytes in base64url. */
const Key = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** One field that a grant names, as the policy seals it. */
export const GrantField = z.strictObject({
  /** The policy's path pattern. */
  path: z.string(),
  form: z.enum(['token', 'jwe', 'fernet']),
  algorithm: z.enum(['xchacha20-poly1305', 'aes-256-gcm', 'xchacha20-poly1305-siv', 'fernet']),
  /** `subject`: each person has a key of their own, which is asked for online. */
  purpose: z.enum(['field', 'subject']),
  bind: z.array(z.enum(['subject', 'record-id'])),
});
export type GrantField = z.infer<typeof GrantField>;

/** One derived key: it opens this one field in this one form, and nothing else. */
const GrantedKey = z.strictObject({
  id: KeyId,
  key: Key,
  /** Of deterministic tokens alone: what their nonces are checked with. */
  nonceKey: Key.optional(),
});

/** What a grant is under its encryption; signed by whoever granted. */
export const Grant = z.strictObject({
  type: z.literal('sealstream-grant'),
  v: z.literal(1),
  id: GrantId,
  dataset: z.string().min(1),
  consumer: z.string().min(1),
  created: z.iso.datetime(),
  expires: z.iso.datetime(),
  /** Fields under keys of subjects have no keys here. */
  fields: z.array(GrantField.extend({ keys: z.array(GrantedKey) })).min(1),
});
export type Grant = z.infer<typeof Grant>;

/** What is kept of a grant: who may what until when. It holds no key that opens anything. */
export const GrantRecord = z.strictObject({
  type: z.literal('sealstream-grant-record'),
  v: z.literal(1),
  id: GrantId,
  dataset: z.string().min(1),
  consumer: z.string().min(1),
  /** Who granted. */
  actor: z.string(),
  created: z.iso.datetime(),
  expires: z.iso.datetime(),
  fields: z.array(GrantField).min(1),
  /** The consumer's public key: SubjectPublicKeyInfo (RFC 5280) as DER, base64url. */
  publicKey: z.base64url(),
  /** Hex SHA-256 of it. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  revoked: z.strictObject({ time: z.iso.datetime(), actor: z.string() }).optional(),
});
export type GrantRecord = z.infer<typeof GrantRecord>;

const WantedKey = z.strictObject({ keyId: KeyId, path: z.string() });

/** Asks for keys of single subjects under a grant. */
export const ResolveRequest = z.strictObject({
  grant: GrantId,
  /** Stands in the answer again, so that an older one does not pass for it. */
  nonce: Nonce,
  keys: z.array(WantedKey).min(1).max(RESOLVE_KEYS_MAX),
});
export type ResolveRequest = z.infer<typeof ResolveRequest>;

/** What an answer is under its encryption. */
export const ResolvedKeys = z.strictObject({
  v: z.literal(1),
  grant: GrantId,
  nonce: Nonce,
  /** Milliseconds from asking on that the keys may be used. */
  ttlMs: z.int().min(0).max(RESOLVED_TTL_MS_MAX),
  keys: z.array(WantedKey.extend({ key: Key })),
  /** Keys that are not given, and why: a code. */
  refused: z.array(WantedKey.extend({ code: z.string() })),
});
export type ResolvedKeys = z.infer<typeof ResolvedKeys>;

/** An answer: ResolvedKeys as compact JWE to the public key that the grant was made for. */
export interface ResolveAnswer {
  readonly sealed: string;
}

/**
 * Where a consumer gets keys of single subjects, in bulk. The answer opens with the grant's own
 * private key alone, so knowing the id of a grant gives nobody a key.
 */
export interface KeyResolver {
  /** Throws GRANT_UNKNOWN, GRANT_REVOKED, GRANT_EXPIRED, GRANT_LACKS_FIELD. */
  resolve(request: ResolveRequest): Promise<ResolveAnswer>;
}

/** `typ` of the JWE that is a grant, and of the one that is an answer. */
export const GRANT_TYP = 'sealstream-grant+jwe';
export const RESOLVED_TYP = 'sealstream-keys+jwe';
