import type { ListedKeyset } from '@sealstream/keyring';

import type { KeyUsage } from './key-usage.ts';

/** Where a key is found, with what its keyset says of it. */
export interface NamedUsage extends KeyUsage {
  /** purpose/dataset */
  readonly keyset: string;
  readonly state: string;
}

/** Which keys are told. */
export interface UsageChoice {
  /** Of every purpose if absent. */
  readonly purpose?: string | undefined;
  /** All if absent. */
  readonly keyIds?: readonly string[] | undefined;
}

/** What a scan found of keys that are chosen, in the order of the keysets. */
export function namedUsage(
  usage: readonly KeyUsage[],
  keysets: readonly ListedKeyset[],
  { keyIds, purpose }: UsageChoice = {},
): NamedUsage[] {
  return keysets
    .filter(({ name }) => purpose === undefined || name.startsWith(`${purpose}/`))
    .flatMap(({ keys, name }) => keys.map(({ id, state }) => ({ id, keyset: name, state })))
    .filter(({ id }) => keyIds === undefined || keyIds.includes(id))
    .flatMap(({ id, keyset, state }) =>
      usage.filter(({ keyId }) => keyId === id).map((one) => ({ keyset, state, ...one })),
    );
}
