import type { KeySource } from '@sealstream/crypto';
import { acceptedStage, type FetchedBatch, type FlowResult } from '@sealstream/flow';
import { type Dataset, maskPlan } from '@sealstream/policy';

/** mask's transform: each accepted record becomes one masked record or one sealed reject. */
export function acceptedToMasked(
  dataset: Dataset,
  keys: KeySource,
): (batch: FetchedBatch) => FlowResult {
  const topic = dataset.topics.masked;
  return acceptedStage({ stage: 'mask', dataset, plan: maskPlan(dataset), topic }, keys);
}
