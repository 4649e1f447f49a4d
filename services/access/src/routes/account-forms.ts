import type { ApiKey, User } from '@sealstream/accounts';
import { z } from 'zod';

/** Forms of what is told and taken of accounts. */

export const AccountName = z
  .string()
  .min(2)
  .max(64)
  .regex(/^[a-z0-9]+(?:[._@-][a-z0-9]+)*$/)
  .describe('2 to 64 of a-z, 0-9, and single marks . _ @ - inside.');
export const UserParams = z.object({ name: AccountName });
export const RoleParams = z.object({
  name: AccountName,
  role: z
    .string()
    .regex(/^[a-z][a-z0-9._-]{0,63}$/)
    .describe('A role of the policy, or administrator.'),
});
export const Password = z.string().min(1).max(1024);

const PAGE_MAX = 500;
export const Page = {
  cursor: z.string().min(1).max(64).optional().describe('Of the page before.'),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(100),
};
const Time = z.string().describe('RFC 3339, UTC.');

export const UserFacts = z
  .object({
    name: z.string(),
    person: z.string().describe('Who it is; several accounts may be of one person.'),
    roles: z.array(z.object({ role: z.string(), by: z.string(), at: Time })),
    disabled: z.boolean(),
    password: z
      .enum(['none', 'own', 'set-by-another'])
      .describe('With one that another set nothing is done but to set an own one.'),
    identities: z
      .array(z.object({ issuer: z.string(), subject: z.string(), by: z.string(), at: Time }))
      .describe('As whom OpenID providers know the user, and who linked it.'),
    created: Time,
    lastUsed: Time.optional(),
    version: z.int().describe('Also the ETag, for If-Match.'),
  })
  .meta({ id: 'User' });

export function userFacts(user: User): z.input<typeof UserFacts> {
  const { createdMs, disabled, lastUsedMs, name, person, version } = user;
  const roles = user.roles.map(({ atMs, by, role }) => ({ role, by, at: timeOf(atMs) }));
  const identities = user.identities.map(({ atMs, ...one }) => ({ ...one, at: timeOf(atMs) }));
  const setBy = user.passwordBy === undefined ? 'own' : 'set-by-another';
  const password = user.hasPassword ? setBy : 'none';
  const used = lastUsedMs === undefined ? {} : { lastUsed: timeOf(lastUsedMs) };
  const times = { created: timeOf(createdMs), ...used };
  return { name, person, roles, disabled, password, identities, ...times, version };
}

/** A user as the answer of a route, with its version as ETag (RFC 9110). */
export function userAnswer(user: User) {
  return { answer: userFacts(user), headers: { etag: `"${user.version}"` } };
}

const Names = z.array(z.string().min(1).max(64)).min(1).max(64);
export const Scopes = z.object({
  actions: Names.describe('Actions of the policy, or * for all that the owner may.'),
  datasets: Names.describe('Datasets, or * for all of the owner.'),
});

export const ApiKeyFacts = z
  .object({
    id: z.string(),
    name: z.string(),
    owner: z.string(),
    scopes: Scopes,
    created: Time,
    expires: Time,
    revoked: Time.optional(),
    lastUsed: Time.optional().describe('To the minute.'),
  })
  .meta({ id: 'ApiKey' });

export function apiKeyFacts(key: ApiKey): z.input<typeof ApiKeyFacts> {
  const { createdMs, expiresMs, id, lastUsedMs, name, owner, revokedMs, scopes } = key;
  const revoked = revokedMs === undefined ? {} : { revoked: timeOf(revokedMs) };
  const used = lastUsedMs === undefined ? {} : { lastUsed: timeOf(lastUsedMs) };
  const held = { created: timeOf(createdMs), expires: timeOf(expiresMs) };
  return { id, name, owner, scopes, ...held, ...revoked, ...used };
}

export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
