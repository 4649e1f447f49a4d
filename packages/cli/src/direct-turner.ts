import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import { type Dataset, didYouMean, type Part, partsOf } from '@sealstream/policy';

import { noteRunningAccess } from './access/running-access.ts';
import type { CliAudit } from './cli-audit.ts';
import type { Context } from './context.ts';
import { asOurs } from './failure.ts';
import type { MaskedTurner, TurnedValues, TurnOptions } from './masked-turner.ts';
import { readDataset } from './policy-file.ts';
import { withBus } from './servers.ts';
import { openTurnBack } from './turned-back.ts';

/** It stands on the audit log for ever, in one event. */
const REASON_CHARACTERS_MAX = 1000;

/** Turns back with the operator's own key files. */
export class DirectTurner implements MaskedTurner {
  readonly #context: Context;
  readonly #options: TurnOptions;

  constructor(context: Context, options: TurnOptions) {
    this.#context = context;
    this.#options = options;
  }

  turn(
    texts: () => Promise<readonly Buffer[]>,
    show: (values: TurnedValues, firstLine: number) => Promise<number>,
  ): Promise<number> {
    const [context, options] = [this.#context, this.#options];
    const dataset = readDataset(context, options);
    const field = fieldOf(dataset, options.path);
    requireReason(options.reason);
    requireNoPurpose(options);
    return withBus(context, async (bus, audit) => {
      await noteRunningAccess(context, bus);
      const opened = await openTurnBack(context, bus, options, dataset, field);
      try {
        const all = await texts();
        const told = new ToldAccess(audit, dataset, field, options, all.length);
        await told.begin();
        const values = await opened.turn(all).catch(async (error: unknown) => {
          await told.end(0, asOurs(error).code);
          throw unknownKey(error, options);
        });
        const problems = await show(values, 1);
        await told.end(values.filter((value) => Buffer.isBuffer(value)).length);
        return problems;
      } finally {
        opened.stop();
      }
    });
  }
}

/** What is not told must not look as if it were. */
function requireNoPurpose({ purpose, reference }: TurnOptions): void {
  if (purpose === undefined && reference === undefined) return;
  throw new SealstreamError(
    'USAGE',
    { option: purpose === undefined ? '--reference' : '--purpose' },
    'Purposes are of access; directly say why with --reason.',
  );
}

/** @throws SealstreamError USAGE for a path that is not in the policy */
function fieldOf(dataset: Dataset, path: string): Part {
  const parts = partsOf(dataset);
  const field = parts.find((one) => one.path === path);
  if (field !== undefined) return field;
  const paths = parts.map((one) => one.path);
  throw new SealstreamError(
    'USAGE',
    { dataset: dataset.name },
    `No field of the policy is called ${path}${didYouMean(path, paths)}.`,
  );
}

function requireReason(reason: string | undefined): asserts reason is string {
  if (reason !== undefined && reason.trim() !== '' && reason.length <= REASON_CHARACTERS_MAX)
    return;
  throw new SealstreamError(
    'USAGE',
    { reasonCharactersMax: REASON_CHARACTERS_MAX },
    'Say why with --reason, in one short text.',
  );
}

/** Waiting brings no key of an id that was mistyped. */
function unknownKey(error: unknown, { dataset, key }: TurnOptions): unknown {
  const isUnknown = error instanceof SealstreamError && error.code === 'KEY_UNKNOWN';
  if (!isUnknown || key === undefined) return error;
  return new SealstreamError(
    'USAGE',
    { dataset, key },
    'No key of this field has that id: see `sealstream keys list`.',
  );
}

/** The two events of one access, which hold counts and names. */
class ToldAccess {
  readonly #audit: CliAudit;
  readonly #dataset: string;
  readonly #details: Readonly<Record<string, string | number>>;

  constructor(
    audit: CliAudit,
    { name }: Dataset,
    { mask, path }: Part,
    { key, reason = '' }: TurnOptions,
    values: number,
  ) {
    this.#audit = audit;
    this.#dataset = name;
    const named = key === undefined ? {} : { keyId: key };
    this.#details = { path, mask: mask.name, ...named, values, reason };
  }

  /** Resolves when the log has it. Throws what says that it has not. */
  begin(): Promise<void> {
    return this.#tell('detokenise-ordered', {});
  }

  end(turnedBack: number, failed?: ErrorCode): Promise<void> {
    return this.#tell('detokenised', { turnedBack, ...(failed && { failed }) });
  }

  #tell(
    type: 'detokenise-ordered' | 'detokenised',
    more: Readonly<Record<string, string | number>>,
  ): Promise<void> {
    const details = { ...this.#details, ...more };
    return this.#audit.tell({ type, dataset: this.#dataset, details });
  }
}
