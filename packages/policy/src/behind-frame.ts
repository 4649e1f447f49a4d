import type { KeySource } from '@sealstream/crypto';
import type { ByteWriter } from '@sealstream/records';
import type { Dataset } from './dataset.ts';
import { jsonStart, moved } from './frame.ts';
import { type CheckPlan, type Plan, WholeRecordPlan } from './plan.ts';
import type { Tally } from './tally.ts';
import type { Refusal } from './verdict.ts';

/** Treats the JSON behind the id of a schema, and leaves the id as it is. */
class BehindFrame extends WholeRecordPlan {
  readonly stage: Plan['stage'];
  readonly #plan: Plan;

  constructor(plan: Plan) {
    // The plan has a limit of its own.
    super(Number.POSITIVE_INFINITY);
    this.stage = plan.stage;
    this.#plan = plan;
  }

  protected override write(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    tally: Tally,
    out: ByteWriter,
  ): Refusal | undefined {
    const start = jsonStart(bytes, from, to);
    out.copy(bytes, from, start);
    return moved(this.#plan.rewrite(bytes, start, to, keys, tally, out), start - from);
  }

  /** The plan has counted. */
  protected override count(): void {}
}

/**
 * A plan for JSON, for records as they stand on the outputs of a dataset: where these name their schema,
 * it treats what stands behind. For what is opened, and sealed again, under one and the same schema.
 */
export function behindFrame({ format }: Dataset, plan: Plan): Plan {
  return format === 'json-schema' ? new BehindFrame(plan) : plan;
}

/** The same for a check. */
export function checkBehindFrame({ format }: Dataset, plan: CheckPlan): CheckPlan {
  if (format !== 'json-schema') return plan;
  const checkRange: CheckPlan['checkRange'] = (bytes, from, to) => {
    const start = jsonStart(bytes, from, to);
    return moved(plan.checkRange(bytes, start, to), start - from);
  };
  return {
    check: (value) => checkRange(value, 0, value.length) ?? { ok: true, value },
    checkRange,
    subject: () => plan.subject(),
    undeclared: () => plan.undeclared(),
  };
}
