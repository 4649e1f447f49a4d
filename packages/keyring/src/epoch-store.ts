/** An epoch key as it is kept: under the outermost key of the purpose `subject`. */
export interface StoredEpoch {
  /** 12 characters of base64url. */
  readonly id: string;
  /** RFC 3339. */
  readonly created: string;
  readonly wrapped: Buffer;
}

/**
 * Where epoch keys are: never in Redis, never in a backup of it, and in no backup at all. What is
 * destroyed there opens nothing any more, whoever has a copy of Redis.
 */
export interface EpochStore {
  /** The epochs of a dataset, oldest first; none when there was never one. */
  load(dataset: string): Promise<readonly StoredEpoch[]>;
  /** Durable when it resolves. Throws KEYSET_CONFLICT when two are there. */
  add(dataset: string, epoch: StoredEpoch): Promise<void>;
  /** Puts other forms of the same epochs in place of those that are there. */
  rewrap(dataset: string, epochs: readonly StoredEpoch[]): Promise<void>;
  /** Destroys an epoch; done when it resolves, also when there was none of that id. */
  destroy(dataset: string, id: string): Promise<void>;
}
