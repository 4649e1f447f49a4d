import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';
import { AccountName, personOf, ShortText, storedReader, Word } from './account-form.ts';
import { IDENTITIES_MAX, type Identity, isSameIdentity, LinkedIdentity } from './identity.ts';

/** The role whose holders are counted: the last of them should not go. */
export const ADMINISTRATOR = 'administrator';
const ROLES_MAX = 64;
const moment = z.number().int().min(0);

/** A role that a user has, who gave it and when: nobody approves with a role the requester gave lately. */
const Grant = z.strictObject({ role: Word, by: ShortText, atMs: moment });
export type RoleGrant = z.infer<typeof Grant>;

/** A user as Redis holds it. `passwordHash` never leaves the package. */
export const StoredUser = z.strictObject({
  v: z.literal(1),
  /** Raised by each change. */
  version: z.number().int().min(1),
  name: AccountName,
  person: ShortText,
  roles: z.array(Grant).max(ROLES_MAX),
  disabled: z.boolean(),
  /** PHC text of argon2id. */
  passwordHash: z.string().max(200).optional(),
  passwordMs: moment.optional(),
  /** The person who set the password, where that is somebody else, who knows it. */
  passwordBy: ShortText.optional(),
  createdMs: moment,
  /** As whom identity providers know the user; an identity is of one user. */
  identities: z.array(LinkedIdentity).max(IDENTITIES_MAX).optional(),
  /** Raised by what ends all sessions: a session of an older epoch is refused, whatever else stands. */
  epoch: z.number().int().min(1),
});
export type StoredUser = z.infer<typeof StoredUser>;

/** A user as others see it. */
export interface User {
  /** Raised by each change; a change may ask for the one that was looked at. */
  readonly version: number;
  readonly name: string;
  /** Who it is; several accounts may be of one person. */
  readonly person: string;
  readonly roles: readonly RoleGrant[];
  readonly disabled: boolean;
  readonly hasPassword: boolean;
  /** The person who set the password and knows it; undefined once the user set an own one. */
  readonly passwordBy?: string | undefined;
  readonly createdMs: number;
  /** As whom identity providers know the user. */
  readonly identities: readonly LinkedIdentity[];
  /** When it last signed in; undefined for never. */
  readonly lastUsedMs?: number | undefined;
}

const readStored = storedReader(StoredUser, 'user');

/** A user from Redis. One that was written before persons had one spelling has it from here on. */
export function readUser(text: string): StoredUser {
  const stored = readStored(text);
  const roles = stored.roles.map((grant) => ({ ...grant, by: personOf(grant.by) }));
  return { ...stored, person: personOf(stored.person), roles };
}

export function shownUser(stored: StoredUser, lastUsed?: string | null): User {
  const { createdMs, disabled, name, passwordBy, passwordHash, person, roles, version } = stored;
  const known = passwordBy === undefined ? {} : { passwordBy };
  const identities = stored.identities ?? [];
  const shown = { version, name, person, roles, disabled, createdMs, identities, ...known };
  const used = lastUsed === null || lastUsed === undefined ? {} : { lastUsedMs: Number(lastUsed) };
  return { ...shown, hasPassword: passwordHash !== undefined, ...used };
}

export function isEnabledAdministrator({ disabled, roles }: StoredUser): boolean {
  return !disabled && roles.some(({ role }) => role === ADMINISTRATOR);
}

/** Whether an identity is one of this user's. */
export function hasIdentity({ identities = [] }: StoredUser, identity: Identity): boolean {
  return identities.some((one) => isSameIdentity(one, identity));
}

/** Whether somebody else changed an account in between. */
export function isConflict(error: unknown): boolean {
  return error instanceof SealstreamError && error.code === 'ACCOUNT_CONFLICT';
}
