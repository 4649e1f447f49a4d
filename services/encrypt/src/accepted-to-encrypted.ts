import type { KeySource } from '@sealstream/crypto';
import { acceptedStage, type FlowTransform } from '@sealstream/flow';
import { type Dataset, encryptPlan } from '@sealstream/policy';

/** encrypt's transform: each accepted record becomes one encrypted record or one sealed reject. */
export function acceptedToEncrypted(dataset: Dataset, keys: KeySource): FlowTransform {
  const topic = dataset.topics.encrypted;
  return acceptedStage({ stage: 'encrypt', dataset, plan: encryptPlan(dataset), topic }, keys);
}
