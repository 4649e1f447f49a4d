import { maskStateTopic } from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';

/**
 * The topics of a dataset on which its keys can be found; masked holds nothing sealed, and what waits in
 * mask for a group does.
 */
export function usageTopics({ kAnonymity, name, topics }: Dataset): string[] {
  const { accepted, encrypted, raw, rejected } = topics;
  const state = kAnonymity === undefined ? [] : [maskStateTopic(name)];
  return [raw, accepted, rejected, encrypted, ...state];
}
