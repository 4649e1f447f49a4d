import type { ApiKey, User } from '@sealstream/accounts';
import { z } from 'zod';

/** Answers of access about accounts, read into what accounts itself tells. */

const Moment = z.iso.datetime().transform((text) => Date.parse(text));

export const UserAnswer = z
  .object({
    name: z.string(),
    person: z.string(),
    roles: z.array(z.object({ role: z.string(), by: z.string(), at: Moment })),
    disabled: z.boolean(),
    password: z.enum(['none', 'own', 'set-by-another']),
    identities: z.array(
      z.object({ issuer: z.string(), subject: z.string(), by: z.string(), at: Moment }),
    ),
    created: Moment,
    lastUsed: Moment.optional(),
    version: z.int(),
  })
  .transform(({ created, identities, lastUsed, password, roles, ...shown }): User => {
    const used = lastUsed === undefined ? {} : { lastUsedMs: lastUsed };
    return {
      ...shown,
      roles: roles.map(({ at, ...role }) => ({ ...role, atMs: at })),
      identities: identities.map(({ at, ...identity }) => ({ ...identity, atMs: at })),
      createdMs: created,
      hasPassword: password !== 'none',
      ...used,
    };
  });

export const UserPage = z.object({ users: z.array(UserAnswer), cursor: z.string().optional() });

const SessionAnswer = z
  .object({
    id: z.string(),
    device: z.string(),
    address: z.string(),
    created: Moment,
    renewed: Moment,
    ends: Moment,
    identity: z
      .object({ issuer: z.string(), subject: z.string(), roles: z.array(z.string()) })
      .optional(),
  })
  .transform(({ created, ends, identity, renewed, ...shown }) => {
    const times = { createdMs: created, usedMs: renewed, endsMs: ends };
    return { ...shown, ...times, ...(identity === undefined ? {} : { identity }) };
  });

export const SessionList = z.object({ sessions: z.array(SessionAnswer) });
export const SignedOut = z.object({ ended: z.int() });

const keyFacts = {
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  scopes: z.object({ actions: z.array(z.string()), datasets: z.array(z.string()) }),
  created: Moment,
  expires: Moment,
  revoked: Moment.optional(),
  lastUsed: Moment.optional(),
};
const KeyFacts = z.object(keyFacts);

export const ApiKeyAnswer = KeyFacts.transform(keyOf);
export const ApiKeyPage = z.object({ keys: z.array(ApiKeyAnswer), cursor: z.string().optional() });
export const MadeKeyAnswer = z
  .object({ ...keyFacts, key: z.string() })
  .transform(({ key, ...facts }) => ({ key: keyOf(facts), text: key }));

function keyOf(facts: z.output<typeof KeyFacts>): ApiKey {
  const { created, expires, id, lastUsed, name, owner, revoked, scopes } = facts;
  const ended = revoked === undefined ? {} : { revokedMs: revoked };
  const used = lastUsed === undefined ? {} : { lastUsedMs: lastUsed };
  const times = { createdMs: created, expiresMs: expires };
  return { id, name, owner, scopes, ...times, ...ended, ...used };
}

export const MeAnswer = z.object({
  account: z.string(),
  person: z.string(),
  by: z.string(),
  roles: z.array(z.string()),
  actions: z.array(z.string()),
  purposes: z.array(z.object({ name: z.string(), meaning: z.string(), reference: z.string() })),
});
