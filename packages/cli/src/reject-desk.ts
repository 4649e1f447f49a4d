import type { ReplayCounts } from '@sealstream/flow';
import type { RejectSurvey } from '@sealstream/service';

import type { BreakGlassOptions } from './access/access-options.ts';
import type { DatasetOptions, KeyOptions } from './options.ts';

/** Which rejects are tried, and whether at all. */
export interface ReplayOptions extends DatasetOptions, KeyOptions, BreakGlassOptions {
  readonly code?: readonly string[];
  readonly again?: boolean;
  readonly dryRun?: boolean;
}

export interface Replayed {
  readonly survey: RejectSurvey;
  /** Undefined where none was tried. */
  readonly counts?: ReplayCounts;
  /** What its topics are called, where that is known here. */
  readonly topics?: Readonly<Record<'rejected' | 'masked', string>>;
}

/** What commands do with rejects. */
export interface RejectDesk {
  /** Tries rejects again, exactly once. Throws OFFSETS_LOST, KAFKA_UNREACHABLE or what access says. */
  replay(): Promise<Replayed>;
}
