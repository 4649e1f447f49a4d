import { z } from 'zod';
import { Issuer, ShortText } from './account-form.ts';
import { digestOf } from './random-secret.ts';

/**
 * Somebody as an identity provider knows them: issuer and subject together, and nothing else (OpenID
 * Connect Core 1.0, 5.7). A subject of more than 200 characters cannot be linked.
 */
export const Identity = z.strictObject({ issuer: Issuer, subject: ShortText });
export type Identity = Readonly<z.infer<typeof Identity>>;

/** An identity of an account, and the person who linked it. */
export const LinkedIdentity = Identity.extend({ by: ShortText, atMs: z.number().int().min(0) });
export type LinkedIdentity = Readonly<z.infer<typeof LinkedIdentity>>;

/** Identities of one account. */
export const IDENTITIES_MAX = 16;

export function isSameIdentity(one: Identity, other: Identity): boolean {
  return one.issuer === other.issuer && one.subject === other.subject;
}

/** Under what Redis finds the account of an identity; a list, so that no two read alike. */
export function identityDigest({ issuer, subject }: Identity): string {
  return digestOf(JSON.stringify([issuer, subject]));
}
