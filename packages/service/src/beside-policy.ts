import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { ReadBeside } from '@sealstream/policy';

/** Reads the files that a policy names, from the folder in which the policy stands. */
export function besidePolicy(policyFile: string): ReadBeside {
  const folder = dirname(policyFile);
  return (file) => {
    try {
      return readFileSync(resolve(folder, file), 'utf8');
    } catch {
      return undefined;
    }
  };
}
