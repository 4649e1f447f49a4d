/** A field that tells people apart when it is put together with others. */
export type QuasiIdentifierRule = { readonly path: string } & (
  | { readonly kind: 'numeric'; readonly least: number; readonly most: number }
  /** The text of the hierarchy's file, so that the hash of the dataset covers it. */
  | { readonly kind: 'categorical'; readonly hierarchy: string }
);

/** How the records of a dataset become groups that look alike. */
export interface KAnonymity {
  readonly k: number;
  readonly l: number;
  /** Milliseconds, or a count of records of the partition. */
  readonly delay: { readonly unit: 'ms' | 'records'; readonly most: number };
  readonly quasiIdentifiers: readonly QuasiIdentifierRule[];
  /** Paths of the fields that are shown as they are. */
  readonly sensitive: readonly string[];
  /** Most records that wait in a partition. */
  readonly maxWaiting: number;
}
