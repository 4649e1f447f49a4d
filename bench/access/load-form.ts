/** What is asked for, and how. */
export interface RequestLoad {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** A closed loop of so many at once, or one begun so often a second whatever the answers do. */
  readonly at: { readonly once: number } | { readonly perSecond: number };
  /** Each request comes from a loopback address of its own, so that no counter of one address ends it. */
  readonly fromMany?: boolean;
  readonly seconds: number;
  /** Not measured before these are over. */
  readonly warmSeconds: number;
}

/** What came of it. */
export interface RequestFigures {
  readonly answers: number;
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
  /** Of this program, while it measured. */
  readonly cpuSeconds: number;
  /** How many answers of each status. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** What a load says on a line of its own when its warm-up is over. */
export const MEASURING = 'measuring';
