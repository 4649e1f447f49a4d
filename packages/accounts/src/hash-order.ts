/** What one hash costs. Units of argon2 (RFC 9106): memory in KiB, passes, lanes. */
export interface HashCost {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

/** What the thread is asked: the hash of a password, or whether it is that of a PHC text. */
export interface HashOrder {
  readonly number: number;
  /** Moved to the thread, not copied; zeroed there. */
  readonly password: Uint8Array<ArrayBuffer>;
  readonly cost: HashCost;
  readonly phc: string | undefined;
}

/** Without either member: the library refused, which it does for no password of ours. */
export interface HashAnswer {
  readonly number: number;
  readonly hash?: string;
  readonly matches?: boolean;
}
