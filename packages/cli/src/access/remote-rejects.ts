import { z } from 'zod';

import type { RejectDesk, Replayed, ReplayOptions } from '../reject-desk.ts';
import { type AccessClient, route } from './access-client.ts';

const Summary = z.object({
  total: z.int(),
  byCode: z.array(z.object({ stage: z.string(), code: z.string(), count: z.int() })),
});
const Outcome = z.object({
  replayed: z.int(),
  skipped: z.int(),
  refused: z.array(z.object({ id: z.string(), code: z.string() })),
});

/** Rejects as access tries them for the caller. */
export class RemoteRejects implements RejectDesk {
  readonly #client: AccessClient;
  readonly #options: ReplayOptions;

  constructor(client: AccessClient, options: ReplayOptions) {
    this.#client = client;
    this.#options = options;
  }

  async replay(): Promise<Replayed> {
    const { dataset, dryRun } = this.#options;
    const { byCode, total: open } = await this.#client.ask({
      method: 'GET',
      path: route`/v1/datasets/${dataset}/rejects/summary`,
      answer: Summary,
    });
    const byReason = Object.fromEntries(
      byCode.map(({ code, count, stage }) => [`${stage} ${code}`, count]),
    );
    const { replayed: chosen } = await this.#try(true);
    const survey = { open, chosen, byReason };
    if (dryRun === true || chosen === 0) return { survey };
    const { refused, replayed: accepted, skipped: kept } = await this.#try(false);
    return { survey, counts: { accepted, rejected: refused.length, kept } };
  }

  #try(dryRun: boolean) {
    const { again = false, code, dataset } = this.#options;
    return this.#client.ask({
      method: 'POST',
      path: route`/v1/datasets/${dataset}/rejects/replay`,
      body: { code, again, dryRun },
      answer: Outcome,
    });
  }
}
