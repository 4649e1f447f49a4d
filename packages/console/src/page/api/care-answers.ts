/** What the access service answers about keys, persons and second persons, as far as the page shows it. */

export interface Approval {
  readonly id: string;
  readonly state: 'open' | 'approved';
  /** Of all that is asked for: given back, it approves exactly this. */
  readonly digest: string;
  readonly words: string;
  readonly action: string;
  readonly person: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly created: string;
  readonly expires: string;
  readonly approvedBy?: string;
}

export interface RotatedKeys {
  readonly changes: readonly {
    /** `purpose/dataset`. */
    readonly name: string;
    readonly version: number;
    readonly keyId: string;
    readonly action: 'created' | 'rotated' | 'unchanged';
    readonly algorithm?: string;
    readonly why?: string;
  }[];
  /** Purposes whose outermost key the service was not given. */
  readonly left: readonly string[];
}

export type Hindrance = 'seals' | 'unsettled' | 'records' | 'unseen';

export interface KeyUsage {
  readonly state: string;
  readonly usage: readonly {
    readonly topic: string;
    readonly records: number;
    /** Empty where records have no time. */
    readonly first: string;
    readonly last: string;
  }[];
  readonly records: number;
  readonly topics: readonly string[];
  readonly settled: boolean;
  readonly mayGo: boolean;
  readonly why: readonly Hindrance[];
}

export interface DestroyedKey {
  readonly name: string;
  readonly version: number;
  readonly keyId: string;
  readonly action: 'destroyed' | 'unchanged';
  readonly records: number;
}

export interface Subject {
  readonly index: string;
  readonly state: 'none' | 'live' | 'shredded' | 're-enrolled';
  readonly keyId?: string;
  readonly createdAt?: string;
  readonly shreddedAt?: string;
  /** The signed receipt of the shred or the re-enrolment, as it verifies. */
  readonly receipt?: string;
}

export type AfterShred = 'opens-no-more' | 'still-opens' | 'one-way' | 'readable';

export interface ShredPlan {
  readonly fields: readonly {
    readonly path: string;
    readonly topic: string;
    readonly treatment: string;
    readonly after: AfterShred;
  }[];
  readonly notes: readonly string[];
}

/** Of a shred or a re-enrolment; one that had been cut and is finished now has no receipt. */
export interface SubjectDeed {
  readonly outcome: 'done' | 'unchanged' | 'finished';
  readonly index?: string;
  readonly time?: string;
  readonly reason?: string;
  readonly actor?: string;
  readonly number?: number;
  readonly vaultRows?: number;
  readonly receipt?: string;
}
