import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import type { MaskedTurner, TurnedValues, TurnOptions } from '../masked-turner.ts';
import { type AccessClient, route } from './access-client.ts';
import { codeOf } from './access-problem.ts';

/** Values of one request. */
const TOGETHER = 1000;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const Turned = z.object({
  values: z.array(z.union([z.object({ value: z.string() }), z.object({ code: z.string() })])),
});

/** Turns back as the caller, whose roles access asks. */
export class RemoteTurner implements MaskedTurner {
  readonly #client: AccessClient;
  readonly #options: TurnOptions;

  /** @throws SealstreamError USAGE without a purpose, or with what is of the direct way */
  constructor(client: AccessClient, options: TurnOptions) {
    if (options.purpose === undefined)
      throw new SealstreamError(
        'USAGE',
        { option: '--purpose' },
        'Through access say what for, with --purpose and, where the purpose asks for one, --reference.',
      );
    if (options.reason !== undefined)
      throw new SealstreamError(
        'USAGE',
        { option: '--reason' },
        'Through access it is --purpose and --reference.',
      );
    this.#client = client;
    this.#options = options;
  }

  async turn(
    texts: () => Promise<readonly Buffer[]>,
    show: (values: TurnedValues, firstLine: number) => Promise<number>,
  ): Promise<number> {
    const all = await texts();
    let refused = 0;
    for (let from = 0; from < all.length; from += TOGETHER)
      refused += await show(await this.#turned(all.slice(from, from + TOGETHER)), from + 1);
    return refused;
  }

  async #turned(texts: readonly Buffer[]): Promise<TurnedValues> {
    const { dataset, key: keyId, path, purpose, reference } = this.#options;
    const masked = texts.map(textOf);
    const asked = masked.filter((text) => text !== undefined);
    if (asked.length === 0) return masked.map(() => 'RECORD_VALUE_UNFIT');
    const { values } = await this.#client.ask({
      method: 'POST',
      path: route`/v1/datasets/${dataset}/detokenise`,
      body: { purpose, reference, path, masked: asked, keyId },
      givesPlaintext: true,
      answer: Turned,
    });
    if (values.length !== asked.length)
      throw new SealstreamError('ACCESS_ANSWER_UNKNOWN', { values: values.length });
    const found = values.values();
    return masked.map((text) => {
      const one = text === undefined ? undefined : found.next().value;
      if (one === undefined) return 'RECORD_VALUE_UNFIT';
      return 'value' in one ? Buffer.from(one.value) : codeOf(one.code);
    });
  }
}

/** No mask gives an empty text, or one that is no UTF-8. */
function textOf(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes) || undefined;
  } catch {
    return undefined;
  }
}
