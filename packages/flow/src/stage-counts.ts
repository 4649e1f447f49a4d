import { Tally } from '@sealstream/policy';
import type { BatchCounts } from './batch-event.ts';

/** What one batch's transform counts, for the audit event and the metrics. */
export class StageCounts implements BatchCounts {
  /** What the plan applied, and the ids of the keys used. */
  readonly tally = new Tally();
  readonly rejected = new Map<string, number>();
  readonly undeclared = new Map<string, number>();
  droppedHeaders = 0;
  tombstones = 0;

  get treated(): Readonly<Record<string, number>> {
    return this.tally.treated;
  }

  get keyIds(): readonly string[] {
    return this.tally.keyIds;
  }

  /** A record that passed with an unknown field that looks like this class. */
  looksPersonal(what: string): void {
    this.undeclared.set(what, (this.undeclared.get(what) ?? 0) + 1);
  }

  reject(code: string): void {
    this.rejected.set(code, (this.rejected.get(code) ?? 0) + 1);
  }
}
