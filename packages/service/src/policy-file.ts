import { readFileSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';
import { parsePolicy, type Policy } from '@sealstream/policy';

import { besidePolicy } from './beside-policy.ts';

/**
 * @throws SealstreamError FILE_UNREADABLE
 * @throws PolicyError
 */
export function readPolicy(file: string): Policy {
  return parsePolicy(readPolicyText(file), file, besidePolicy(file));
}

/** @throws SealstreamError FILE_UNREADABLE */
export function readPolicyText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}
