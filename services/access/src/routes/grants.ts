import { GRANT_DAYS_MAX, GrantField, type GrantRecord } from '@sealstream/contracts';
import { readConsumerKey } from '@sealstream/keyring';
import { grantedFields } from '@sealstream/policy';
import { z } from 'zod';

import { guarded } from '../route.ts';
import { DatasetParams, Path, PRINTABLE } from './forms.ts';

const DAY_MS = 86_400_000;
const FIELDS_MAX = 500;

const GrantFacts = z
  .object({
    id: z.string(),
    state: z.enum(['active', 'expired', 'revoked']),
    dataset: z.string(),
    consumer: z.string(),
    actor: z.string().describe('Who granted.'),
    paths: z.array(z.string()),
    fields: z.array(GrantField).describe('How the policy seals each of them.'),
    created: z.string(),
    expires: z.string(),
    fingerprint: z.string().describe("Hex SHA-256 of the consumer's public key."),
    revoked: z.object({ time: z.string(), actor: z.string() }).optional(),
  })
  .meta({ id: 'Grant' });

const GrantList = z
  .object({
    grants: z.array(GrantFacts),
    problems: z
      .array(z.object({ id: z.string(), code: z.string() }))
      .describe('Records of any dataset that are not believed: somebody else wrote to Redis.'),
  })
  .meta({ id: 'Grants' });

/** Grants of a dataset. */
export const grants = guarded(
  {
    method: 'GET',
    url: '/v1/grants',
    summary: 'Who was granted which fields until when',
    tag: 'grants',
    rule: 'grants.read',
    told: 'read',
    query: DatasetParams,
    answer: GrantList,
  },
  ({ query }) => ({ dataset: query.dataset }),
  async ({ query }, { resolver }) => {
    const listed = await resolver.list();
    const records = listed.flatMap(({ record }) => (record === undefined ? [] : [record]));
    const own = records.filter(({ dataset }) => dataset === query.dataset);
    const problems = listed.flatMap(({ id, problem: code }) =>
      code === undefined ? [] : [{ id, code }],
    );
    return { answer: { grants: own.map(factsOf), problems } };
  },
);

const GrantBody = z
  .object({
    dataset: DatasetParams.shape.dataset,
    fields: z.array(Path).min(1).max(FIELDS_MAX),
    consumer: z.string().min(1).max(200).regex(PRINTABLE),
    publicKey: z
      .string()
      .min(1)
      .max(16_384)
      .describe('PEM or JWK: RSA from 3072 bits, EC P-256 or P-384, X25519.'),
    days: z.int().min(1).max(GRANT_DAYS_MAX),
  })
  .meta({ id: 'NewGrant' });

/** Gives a consumer the derived keys of some fields, encrypted to the consumer's public key. */
export const createGrant = guarded(
  {
    method: 'POST',
    url: '/v1/grants',
    summary: 'Give a consumer the derived keys of some fields',
    tag: 'grants',
    rule: 'grants.create',
    told: 'change',
    makes: 'secret',
    needs: ({ grantAdmin }) => grantAdmin(),
    body: GrantBody,
    answer: GrantFacts.extend({
      grant: z.string().describe('Compact JWE, for the consumer.'),
    }).meta({
      id: 'MadeGrant',
    }),
    status: 201,
  },
  ({ body: { consumer, dataset, days, fields } }) => ({
    dataset,
    fields,
    about: { consumer, days },
  }),
  async ({ body, caller }, { grantAdmin, policy, tellGrant }) => {
    const { consumer, days } = body;
    const dataset = policy.of(body.dataset);
    const fields = grantedFields(dataset, body.fields);
    const consumerKey = readConsumerKey(Buffer.from(body.publicKey));
    const order = { dataset: dataset.name, consumer, consumerKey, actor: caller.account, fields };
    const { record, sealed } = await grantAdmin().create({ ...order, lifeMs: days * DAY_MS });
    // Known to the log before it is given away.
    await tellGrant('grant-created', record, caller.account);
    return { answer: { ...factsOf(record), grant: sealed }, id: record.id };
  },
);

/** Gives out nothing more under a grant. */
export const revokeGrant = guarded(
  {
    method: 'DELETE',
    url: '/v1/grants/:id',
    summary: 'Give out nothing more under a grant',
    tag: 'grants',
    rule: 'grants.revoke',
    told: 'change',
    makes: 'shown',
    needs: ({ grantAdmin }) => grantAdmin(),
    params: z.object({ id: z.string().regex(/^[0-9a-f]{24}$/) }),
    answer: GrantFacts,
  },
  async ({ params }, { resolver }) => {
    const { consumer, dataset } = await resolver.record(params.id);
    return { dataset, about: { grant: params.id, consumer } };
  },
  async ({ caller, params }, { grantAdmin, tellGrant }) => {
    const record = await grantAdmin().revoke(params.id, caller.account);
    await tellGrant('grant-revoked', record, caller.account);
    return { answer: factsOf(record) };
  },
);

function factsOf(record: GrantRecord): z.input<typeof GrantFacts> {
  const { actor, consumer, created, dataset, expires, fingerprint, id, revoked } = record;
  const isOver = Date.parse(expires) <= Date.now();
  const lives = isOver ? ('expired' as const) : ('active' as const);
  const state = revoked === undefined ? lives : ('revoked' as const);
  const paths = record.fields.map(({ path }) => path);
  const { fields } = record;
  const who = { id, state, dataset, consumer, actor, paths, fields };
  const shown = { ...who, created, expires, fingerprint };
  return revoked === undefined ? shown : { ...shown, revoked };
}
