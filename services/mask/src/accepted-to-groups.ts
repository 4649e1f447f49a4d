import { maskStateTopic } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { groupedStage, type GroupedStage } from '@sealstream/flow';
import { type Dataset, groupPlan } from '@sealstream/policy';

/**
 * mask's transform where the policy asks for groups: accepted records wait until they leave as a group
 * that looks alike. Undefined for a dataset of single records.
 */
export function acceptedToGroups(
  dataset: Dataset,
  keys: KeySource,
): { readonly topic: string; readonly stage: GroupedStage } | undefined {
  const plan = groupPlan(dataset);
  if (plan === undefined) return undefined;
  return { topic: maskStateTopic(dataset.name), stage: groupedStage(dataset, plan, keys) };
}
