import { type ErrorCode, type Purpose, SealstreamError } from '@sealstream/contracts';
import type { UsageChoice } from '@sealstream/key-care';
import { z } from 'zod';

import type { Terminal } from '../terminal.ts';
import { type AccessClient, route } from './access-client.ts';
import { codeOf } from './access-problem.ts';

const Left = z.array(z.string()).default([]);
const Rotated = z.object({
  changes: z.array(
    z.object({
      name: z.string(),
      version: z.int(),
      keyId: z.string(),
      action: z.string(),
      algorithm: z.string().optional(),
      why: z.string().optional(),
    }),
  ),
  left: Left,
});
/** A change of a keyset, and why where it was due. */
export type RotatedKey = z.infer<typeof Rotated>['changes'][number];

const Rewrapped = z.object({
  changes: z.array(
    z.object({
      name: z.string(),
      version: z.int(),
      action: z.string(),
      problem: z.string().optional(),
    }),
  ),
  left: Left,
});
export type RewrappedKeyset = z.infer<typeof Rewrapped>['changes'][number];

const Usage = z.object({
  state: z.string(),
  usage: z.array(
    z.object({ topic: z.string(), records: z.int(), first: z.string(), last: z.string() }),
  ),
  records: z.int(),
  mayGo: z.boolean(),
  why: z.array(z.string()),
});
/** Where records name a key, and what stands against its end. */
export type KeyReport = z.infer<typeof Usage>;

const Usages = z.object({
  usage: z.array(
    z.object({
      keyset: z.string(),
      keyId: z.string(),
      state: z.string(),
      topic: z.string(),
      records: z.int(),
      first: z.string(),
      last: z.string(),
    }),
  ),
  records: z.int(),
  others: z.int(),
});

const Destroyed = z.object({
  name: z.string(),
  version: z.int(),
  keyId: z.string(),
  action: z.enum(['destroyed', 'unchanged']),
  records: z.int(),
});
const Datasets = z.object({ datasets: z.array(z.object({ name: z.string() })) });

const DAY_MS = 86_400_000;

/** Which keys a command means. */
export interface NamedKey {
  readonly dataset: string;
  readonly purpose: Purpose;
  readonly key: string;
}

/** What is asked of a rotation. */
export interface RemoteRotation {
  readonly dataset?: string | undefined;
  readonly purpose?: Purpose | undefined;
  readonly mode: 'all' | 'missing' | 'due';
  readonly maxAgeMs?: number | undefined;
  readonly maxUses?: number | undefined;
}

/** Keys as access looks after them for the caller. All throw what access says. */
export class RemoteKeyCare {
  readonly #client: AccessClient;
  readonly #terminal: Terminal;

  constructor(client: AccessClient, terminal: Terminal) {
    this.#client = client;
    this.#terminal = terminal;
  }

  /** @throws SealstreamError USAGE for an age with a part of a day */
  async rotate(order: RemoteRotation): Promise<RotatedKey[]> {
    const { maxAgeMs, maxUses, mode, purpose } = order;
    const maxAgeDays = maxAgeMs === undefined ? undefined : daysOf(maxAgeMs);
    const limits = mode === 'due' ? { maxAgeDays, maxUses } : {};
    const made: RotatedKey[] = [];
    for (const dataset of await this.#datasets(order.dataset)) {
      const { changes, left } = await this.#client.ask({
        method: 'POST',
        path: route`/v1/datasets/${dataset}/keys/rotate`,
        body: { purpose, mode, ...limits },
        answer: Rotated,
      });
      made.push(...changes);
      this.#noteLeft(dataset, left);
    }
    return made;
  }

  async rewrap(
    dataset: string | undefined,
    purpose: Purpose | undefined,
    to: 'present' | 'next',
  ): Promise<RewrappedKeyset[]> {
    const done: RewrappedKeyset[] = [];
    for (const name of await this.#datasets(dataset)) {
      const { changes, left } = await this.#client.ask({
        method: 'POST',
        path: route`/v1/datasets/${name}/keys/rewrap`,
        body: { purpose, to },
        answer: Rewrapped,
      });
      done.push(...changes);
      this.#noteLeft(name, left);
    }
    return done;
  }

  usage({ dataset, key, purpose }: NamedKey): Promise<KeyReport> {
    return this.#client.ask({
      method: 'GET',
      path: route`/v1/datasets/${dataset}/keys/${purpose}/${key}/usage`,
      answer: Usage,
    });
  }

  /** Of all keys of the dataset, or of those that are chosen, in one read of its topics. */
  usages(
    dataset: string,
    { fromMs, keyIds, purpose }: UsageChoice & { readonly fromMs?: number | undefined },
  ) {
    return this.#client.ask({
      method: 'GET',
      path: route`/v1/datasets/${dataset}/keys/usage`,
      query: {
        purpose,
        keys: keyIds?.join(','),
        from: fromMs === undefined ? undefined : new Date(fromMs).toISOString(),
      },
      answer: Usages,
    });
  }

  destroy({ dataset, key, purpose }: NamedKey, force: boolean) {
    return this.#client.ask({
      method: 'DELETE',
      path: route`/v1/datasets/${dataset}/keys/${purpose}/${key}`,
      query: force ? { force: 'true' } : {},
      answer: Destroyed,
    });
  }

  async #datasets(one: string | undefined): Promise<readonly string[]> {
    if (one !== undefined) return [one];
    const answer = Datasets;
    const { datasets } = await this.#client.ask({ method: 'GET', path: '/v1/datasets', answer });
    return datasets.map(({ name }) => name);
  }

  /** What was not done must not look as if it were. */
  #noteLeft(dataset: string, left: readonly string[]): void {
    if (left.length === 0) return;
    const note = `${dataset}: nothing was done for ${left.join(', ')}: access has no outermost key for it`;
    this.#terminal.note(note, { dataset, left });
  }
}

/** The code of a problem that a row names; one that is not known here counts as such. */
export function problemOf(row: { readonly problem?: string | undefined }): ErrorCode | undefined {
  return row.problem === undefined ? undefined : codeOf(row.problem);
}

function daysOf(ms: number): number {
  const days = ms / DAY_MS;
  if (Number.isInteger(days)) return days;
  throw new SealstreamError(
    'USAGE',
    { option: '--max-age' },
    'Through access it is whole days, such as 30d.',
  );
}
