import type { KeySource } from '@sealstream/crypto';
import { acceptedStage, type FlowTransform } from '@sealstream/flow';
import { type Dataset, encryptPlan, type Plan } from '@sealstream/policy';

/** encrypt's transform: each accepted record becomes one encrypted record or one sealed reject. */
export function acceptedToEncrypted(
  dataset: Dataset,
  keys: KeySource,
  plan: Plan = encryptPlan(dataset),
): FlowTransform {
  const topic = dataset.topics.encrypted;
  return acceptedStage({ stage: 'encrypt', dataset, plan, topic }, keys);
}
