import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import { type AccessClient, route } from './access-client.ts';

const State = z.object({
  index: z.string(),
  state: z.string(),
  keyId: z.string().optional(),
  createdAt: z.string().optional(),
  receipt: z.string().optional(),
});
/** Whether a person has a key or was shredded. */
export type SubjectFacts = z.infer<typeof State>;

const Plan = z.object({
  fields: z.array(
    z.object({
      path: z.string(),
      topic: z.string(),
      treatment: z.string(),
      after: z.enum(['opens-no-more', 'still-opens', 'one-way', 'readable']),
    }),
  ),
  notes: z.array(z.string()),
});

/** What a receipt says goes on as it comes: it is signed, and more may come to stand in it. */
const Receipt = z.looseObject({
  outcome: z.string(),
  receipt: z.string().optional(),
  keyId: z.string().optional(),
  vaultRows: z.int().optional(),
});
export type SubjectReceipt = z.infer<typeof Receipt>;

/** Who is meant: by index, or by the value, which goes in bodies alone. */
export type WhoIsMeant = { readonly index: string } | { readonly value: Uint8Array };

/** Persons as access looks after their keys for the caller. All throw what access says. */
export class RemoteSubjects {
  readonly #client: AccessClient;
  readonly #dataset: string;

  constructor(client: AccessClient, dataset: string) {
    this.#client = client;
    this.#dataset = dataset;
  }

  async show(who: WhoIsMeant): Promise<SubjectFacts> {
    const index = 'index' in who ? who.index : await this.#indexOf(who.value);
    const path = route`/v1/datasets/${this.#dataset}/subjects/${index}`;
    return this.#client.ask({ method: 'GET', path, answer: State });
  }

  plan() {
    const path = route`/v1/datasets/${this.#dataset}/shred-plan`;
    return this.#client.ask({ method: 'GET', path, answer: Plan });
  }

  shred(who: WhoIsMeant, reason: string): Promise<SubjectReceipt> {
    return this.#change(route`/v1/datasets/${this.#dataset}/subjects/shred`, who, reason);
  }

  reEnrol(who: WhoIsMeant, reason: string): Promise<SubjectReceipt> {
    return this.#change(route`/v1/datasets/${this.#dataset}/subjects/re-enrol`, who, reason);
  }

  async #indexOf(value: Uint8Array): Promise<string> {
    const { index } = await this.#client.ask({
      method: 'POST',
      path: route`/v1/datasets/${this.#dataset}/subjects/index`,
      body: { subject: textOf(value) },
      answer: z.object({ index: z.string() }),
    });
    return index;
  }

  #change(path: string, who: WhoIsMeant, reason: string): Promise<SubjectReceipt> {
    const named = 'index' in who ? { index: who.index } : { subject: textOf(who.value) };
    return this.#client.ask({
      method: 'POST',
      path,
      body: { ...named, reason },
      answer: Receipt,
    });
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws SealstreamError USAGE for bytes that no field of JSON can hold */
function textOf(value: Uint8Array): string {
  try {
    return UTF8.decode(value);
  } catch {
    throw new SealstreamError('USAGE', { value: 'no UTF-8' }, 'Through access a value is text.');
  }
}
