/** What the access service answers, as far as the page shows it. Times are RFC 3339 in UTC. */

export interface Purpose {
  readonly name: string;
  readonly meaning: string;
  readonly reference: 'required' | 'optional' | 'none';
}

export interface Me {
  readonly account: string;
  readonly person: string;
  readonly by: string;
  readonly roles: readonly string[];
  readonly actions: readonly string[];
  readonly purposes: readonly Purpose[];
}

/** Providers that people may sign in through. */
export interface SignInProviders {
  readonly providers: readonly { readonly name: string; readonly title: string }[];
}

export const TOPIC_KINDS = ['raw', 'accepted', 'masked', 'encrypted', 'rejected'] as const;
export type TopicKind = (typeof TOPIC_KINDS)[number];
export const STAGE_NAMES = ['ingest', 'mask', 'encrypt'] as const;
export type StageName = (typeof STAGE_NAMES)[number];

export interface Stage {
  readonly name: StageName;
  readonly lagRecords: number;
  readonly lagSeconds: number | null;
  readonly members: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number } | null;
  readonly paused: readonly { readonly partition: number; readonly code: string }[];
}

export interface DatasetFlow {
  readonly name: string;
  readonly topics: Readonly<Record<TopicKind, string>>;
  /** Records a second over the last 10 s. */
  readonly rates: Readonly<Record<TopicKind, number>>;
  readonly stages: readonly Stage[];
  readonly rejectedTotal: number;
}

export interface Flow {
  readonly at: string;
  readonly datasets: readonly DatasetFlow[];
}

export interface Alert {
  readonly id: string;
  readonly rule: string;
  readonly state: 'firing' | 'resolved';
  readonly severity: string;
  readonly dataset?: string;
  readonly service?: string;
  readonly topic?: string;
  readonly expected: string;
  readonly seen: string;
  readonly since: string;
  readonly changedAt: string;
  readonly runbook: string;
  readonly acknowledged?: { readonly by: string; readonly at: string; readonly note?: string };
}

export interface Reject {
  /** `partition:offset`. */
  readonly id: string;
  readonly at: string;
  readonly stage: string;
  readonly code: string;
  readonly attempt: number;
  readonly path?: string;
  readonly byte?: number;
  readonly source: { readonly partition: number; readonly offset: number | string };
}

export interface RejectSummary {
  readonly total: number;
  readonly isWhole: boolean;
  readonly byCode: readonly {
    readonly stage: string;
    readonly code: string;
    readonly count: number;
    readonly newestAt: string;
  }[];
}

export interface ReplayResult {
  readonly replayed: number;
  readonly skipped: number;
  readonly refused: readonly { readonly id: string; readonly code: string }[];
}

export interface Keyset {
  readonly keyset: string;
  readonly purpose: string;
  readonly dataset: string;
  readonly version: number;
  readonly keys: readonly {
    readonly id: string;
    readonly state: string;
    readonly algorithm: string;
    readonly createdAt: string;
    readonly ageDays: number;
    readonly uses?: number;
    /** From so many uses on it is due. */
    readonly usesHigh?: number;
  }[];
  /** Absent where keys never rotate. */
  readonly rotation?: { readonly dueAt: string };
  /** Code: why the copy in Redis is not believed. */
  readonly problem?: string;
}

export interface Access {
  readonly at: string;
  readonly type: string;
  readonly account: string;
  readonly person: string;
  readonly action: string;
  readonly dataset?: string;
  readonly paths?: readonly string[];
  readonly purpose?: string;
  readonly reference?: string;
  readonly values?: number;
  readonly given?: number;
  readonly rule?: string;
  readonly request: string;
  readonly outcome: 'done' | 'failed' | 'open';
}

export interface DatasetCoverage {
  readonly name: string;
  readonly fields: readonly {
    readonly path: string;
    readonly class?: string;
    readonly mask: string;
    readonly encrypt: string;
    readonly shows: 'nothing' | 'equality' | 'part' | 'everything';
    readonly reversible: boolean;
  }[];
  readonly kAnonymity?: {
    readonly k: number;
    readonly l?: number;
    readonly groups: number;
    readonly waiting: number;
    readonly suppressed: Readonly<Record<string, number>>;
    readonly published: number;
  };
  readonly undeclared: Readonly<Record<string, number>>;
}

export interface DatasetFields {
  readonly fields: readonly { readonly path: string; readonly can: readonly string[] }[];
}

/** A value that was given, or the code of why it was not. */
export type Opened = { readonly type: string; readonly value: string } | { readonly code: string };

export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
}
