/** What every page is told by the address. */
export interface PageProps {
  /** The dataset that the address names, if any. */
  readonly dataset: string | undefined;
}
