import { z } from 'zod';
import { AccountName, storedReader, Word } from './account-form.ts';
import { Identity } from './identity.ts';
import { isIdForm, isSecretForm } from './random-secret.ts';

const moment = z.number().int().min(0);
const digest = z.string().length(43);
/** Roles that a provider may give for one session. */
const ROLES_MAX = 64;

/** Who an identity provider said it is, and the roles that come of it: they hold in this session alone. */
const ProvedIdentity = Identity.extend({ roles: z.array(Word).max(ROLES_MAX).readonly() });
export type ProvedIdentity = Readonly<z.infer<typeof ProvedIdentity>>;

/** A session as Redis holds it: of its secrets only digests. */
const StoredSession = z.strictObject({
  v: z.literal(1),
  user: AccountName,
  /** The user's epoch when it began; it ends when the user's rises. */
  epoch: z.number().int().min(1),
  createdMs: moment,
  /** When its tokens were last renewed. */
  usedMs: moment,
  /** When it ends, however much it is used. */
  endsMs: moment,
  accessEndsMs: moment,
  /** When it ends unless it is renewed. */
  idleEndsMs: moment,
  access: digest,
  refresh: digest,
  /** Of what all refresh tokens of this session have in common, and nobody else knows. */
  family: digest,
  device: z.string().max(200),
  address: z.string().max(64),
  /** Absent where it began with a password. */
  identity: ProvedIdentity.optional(),
});
export type StoredSession = z.infer<typeof StoredSession>;

/** A session as its user and an administrator see it. */
export interface Session {
  readonly id: string;
  readonly user: string;
  readonly createdMs: number;
  readonly usedMs: number;
  readonly endsMs: number;
  /** As the client called itself; empty when it did not. */
  readonly device: string;
  readonly address: string;
  /** Who it is at an identity provider; undefined where it began with a password. */
  readonly identity?: ProvedIdentity | undefined;
}

export const readSession = storedReader(StoredSession, 'session');

export function shownSession(id: string, stored: StoredSession): Session {
  const { address, createdMs, device, endsMs, identity, usedMs, user } = stored;
  const known = identity === undefined ? {} : { identity };
  return { id, user, createdMs, usedMs, endsMs, device, address, ...known };
}

/** What an access token consists of: the session's id, which is no secret, and one that is. */
export interface AccessToken {
  readonly id: string;
  readonly access: string;
}

/** What a refresh token consists of. */
export interface RefreshToken {
  readonly id: string;
  readonly family: string;
  readonly refresh: string;
}

export function accessText({ access, id }: AccessToken): string {
  return `ssa_${id}_${access}`;
}

export function refreshText({ family, id, refresh }: RefreshToken): string {
  return `ssr_${id}_${family}.${refresh}`;
}

/** Undefined for what cannot be an access token. */
export function readAccess(text: string): AccessToken | undefined {
  const [, id = '', access = ''] = /^ssa_(\w{12})_([\w-]{43})$/.exec(text) ?? [];
  return isIdForm(id) && isSecretForm(access) ? { id, access } : undefined;
}

/** Undefined for what cannot be a refresh token. */
export function readRefresh(text: string): RefreshToken | undefined {
  const [, id = '', family = '', refresh = ''] =
    /^ssr_(\w{12})_([\w-]{43})\.([\w-]{43})$/.exec(text) ?? [];
  const isForm = isIdForm(id) && isSecretForm(family) && isSecretForm(refresh);
  return isForm ? { id, family, refresh } : undefined;
}
