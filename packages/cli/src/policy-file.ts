import { existsSync, readFileSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';
import { type Dataset, datasetOf, parsePolicy, type Policy } from '@sealstream/policy';
import { besidePolicy } from '@sealstream/service';

import type { Context } from './context.ts';
import type { PolicyOptions } from './options.ts';

/** Where a policy stands when nobody says otherwise; what `init` writes. */
export const POLICY_FILE = 'sealstream.yaml';

/** The policy file that a command goes by. */
export function policyFileOf(context: Context, { policy }: PolicyOptions): string {
  if (policy !== undefined) return policy;
  if (existsSync(POLICY_FILE)) return POLICY_FILE;
  return context.config().policyFile ?? POLICY_FILE;
}

/**
 * The policy of a file, with the files that it names.
 *
 * @throws PolicyError with every problem and its line and column
 * @throws SealstreamError FILE_UNREADABLE
 */
export function policyIn(file: string): Policy {
  return parsePolicy(readText(file), file, besidePolicy(file));
}

/** @throws what policyIn throws */
export function readPolicy(context: Context, options: PolicyOptions): Policy {
  const file = policyFileOf(context, options);
  return policyIn(file);
}

/** @throws SealstreamError POLICY_UNKNOWN_DATASET and what readPolicy throws */
export function readDataset(
  context: Context,
  options: PolicyOptions & { readonly dataset: string },
): Dataset {
  return datasetOf(readPolicy(context, options), options.dataset);
}

/** The dataset named, or all of the policy. */
export function datasetsOf(
  context: Context,
  options: PolicyOptions & { readonly dataset?: string },
): Dataset[] {
  const policy = readPolicy(context, options);
  return options.dataset === undefined
    ? [...policy.datasets.values()]
    : [datasetOf(policy, options.dataset)];
}

/** @throws SealstreamError FILE_UNREADABLE */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}
