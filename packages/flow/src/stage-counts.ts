import { Tally } from '@sealstream/policy';
import type { BatchCounts } from './batch-event.ts';

/** What one batch's transform counts, for the audit event and the metrics. */
export class StageCounts implements BatchCounts {
  /** What the plan applied, and the ids of the keys used. */
  readonly tally = new Tally();
  readonly rejected = new Map<string, number>();
  droppedHeaders = 0;
  tombstones = 0;

  get treated(): Readonly<Record<string, number>> {
    return this.tally.treated;
  }

  get keyIds(): readonly string[] {
    return this.tally.keyIds;
  }

  reject(code: string): void {
    this.rejected.set(code, (this.rejected.get(code) ?? 0) + 1);
  }
}
