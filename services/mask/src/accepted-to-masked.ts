import type { KeySource } from '@sealstream/crypto';
import { acceptedStage, type FlowTransform } from '@sealstream/flow';
import { type Dataset, maskPlan, type Plan } from '@sealstream/policy';

/** mask's transform: each accepted record becomes one masked record or one sealed reject. */
export function acceptedToMasked(
  dataset: Dataset,
  keys: KeySource,
  plan: Plan = maskPlan(dataset),
): FlowTransform {
  const topic = dataset.topics.masked;
  return acceptedStage({ stage: 'mask', dataset, plan, topic }, keys);
}
