import { SealstreamError } from '@sealstream/contracts';
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
type Outcome = z.infer<typeof Outcome>;

/** Rejects as access tries them for the caller. */
export class RemoteRejects implements RejectDesk {
  readonly #client: AccessClient;
  readonly #options: ReplayOptions;

  /** @throws SealstreamError USAGE for --again, which access does not do */
  constructor(client: AccessClient, options: ReplayOptions) {
    if (options.again === true)
      throw new SealstreamError(
        'USAGE',
        { option: '--again' },
        'Through access nothing is tried twice under one policy.',
      );
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
    const planned = await this.#each(true);
    const chosen = sumOf(planned, ({ replayed }) => replayed);
    const survey = { open, chosen, byReason };
    if (dryRun === true || chosen === 0) return { survey };
    const done = await this.#each(false);
    const accepted = sumOf(done, ({ replayed }) => replayed);
    const rejected = sumOf(done, ({ refused }) => refused.length);
    return { survey, counts: { accepted, rejected, kept: done.at(-1)?.skipped ?? 0 } };
  }

  /** One request for each code that is named, or one for all. */
  async #each(dryRun: boolean): Promise<Outcome[]> {
    const { code: codes, dataset } = this.#options;
    const outcomes: Outcome[] = [];
    for (const code of codes ?? [undefined])
      outcomes.push(
        await this.#client.ask({
          method: 'POST',
          path: route`/v1/datasets/${dataset}/rejects/replay`,
          body: { code, dryRun },
          answer: Outcome,
        }),
      );
    return outcomes;
  }
}

function sumOf(all: readonly Outcome[], count: (one: Outcome) => number): number {
  return all.reduce((sum, one) => sum + count(one), 0);
}
