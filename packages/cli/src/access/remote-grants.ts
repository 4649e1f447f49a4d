import { GrantField, SealstreamError } from '@sealstream/contracts';
import { readConsumerKey } from '@sealstream/keyring';
import { z } from 'zod';

import { consumerOf } from '../consumer-name.ts';
import type { GrantDesk, GrantOrder, ShownGrant, TroubledGrant } from '../grant-desk.ts';
import { type AccessClient, route } from './access-client.ts';
import { wholeDays } from './whole-days.ts';

const Grant = z.object({
  id: z.string(),
  state: z.enum(['active', 'expired', 'revoked']),
  dataset: z.string(),
  consumer: z.string(),
  actor: z.string(),
  created: z.string(),
  expires: z.string(),
  fingerprint: z.string(),
  fields: z.array(GrantField),
  revoked: z.object({ time: z.string(), actor: z.string() }).optional(),
});
const GrantList = z.object({
  grants: z.array(Grant),
  problems: z.array(z.object({ id: z.string(), code: z.string() })),
});
const Datasets = z.object({ datasets: z.array(z.object({ name: z.string() })) });

/** Grants as access gives them to the caller. */
export class RemoteGrants implements GrantDesk {
  readonly #client: AccessClient;

  constructor(client: AccessClient) {
    this.#client = client;
  }

  /**
   * Of all datasets whose grants the caller may read.
   *
   * @throws SealstreamError ACCESS_DENIED where there are none
   */
  async list(): Promise<(ShownGrant | TroubledGrant)[]> {
    const answer = Datasets;
    const { datasets } = await this.#client.ask({ method: 'GET', path: '/v1/datasets', answer });
    const found = new Map<string, ShownGrant | TroubledGrant>();
    let denial: unknown;
    let isAllowed = false;
    for (const { name } of datasets)
      try {
        for (const grant of await this.#of(name)) found.set(grant.id, grant);
        isAllowed = true;
      } catch (error) {
        if (!(error instanceof SealstreamError) || error.code !== 'ACCESS_DENIED') throw error;
        denial = error;
      }
    if (!isAllowed && denial !== undefined) throw denial;
    return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async #of(dataset: string): Promise<(ShownGrant | TroubledGrant)[]> {
    const { grants, problems } = await this.#client.ask({
      method: 'GET',
      path: '/v1/grants',
      query: { dataset },
      answer: GrantList,
    });
    return [...grants, ...problems.map(({ code, id }) => ({ id, problem: code }))];
  }

  async create(
    order: GrantOrder,
  ): Promise<{ readonly grant: ShownGrant; readonly sealed: string }> {
    const { dataset, lifeMs, paths, publicKey } = order;
    const consumer = consumerOf(order, readConsumerKey(publicKey));
    const text = publicKey.toString('utf8');
    const made = await this.#client.ask({
      method: 'POST',
      path: '/v1/grants',
      body: { dataset, fields: paths, consumer, publicKey: text, days: wholeDays(lifeMs) },
      answer: Grant.extend({ grant: z.string() }),
    });
    const { grant: sealed, ...grant } = made;
    return { grant, sealed };
  }

  revoke(id: string): Promise<ShownGrant> {
    const path = route`/v1/grants/${id}`;
    return this.#client.ask({ method: 'DELETE', path, answer: Grant });
  }
}
