import type { Dataset } from '@sealstream/policy';

/** The topics of a dataset on which its keys can be found; masked holds nothing sealed. */
export function usageTopics({ topics }: Dataset): string[] {
  const { accepted, encrypted, raw, rejected } = topics;
  return [raw, accepted, rejected, encrypted];
}
