import type { ListedKey, ListedKeyset } from '@sealstream/keyring';
import { z } from 'zod';

import type { AccessClient } from './access-client.ts';
import { codeOf } from './access-problem.ts';

const Keyset = z.object({
  keyset: z.string(),
  version: z.int(),
  keys: z.array(
    z.object({
      id: z.string(),
      state: z.string(),
      algorithm: z.string(),
      createdAt: z.string(),
      uses: z.int().optional(),
    }),
  ),
  problem: z.string().optional(),
});
const Keysets = z.object({ items: z.array(Keyset) });

/** Keysets of the datasets whose keys the caller may read. Throws ACCESS_DENIED where there are none. */
export async function remoteKeysets(client: AccessClient): Promise<ListedKeyset[]> {
  const { items } = await client.ask({ method: 'GET', path: '/v1/keys', answer: Keysets });
  return items.map(({ keys, keyset: name, problem, version }) => {
    const shown = keys.map(({ algorithm, createdAt, id, state, uses }) => {
      const key = { id, state, algorithm, created: createdAt };
      // Words that a newer service may have more of are shown as they come.
      return (uses === undefined ? key : { ...key, uses }) as ListedKey;
    });
    const listed = { name, version, keys: shown };
    return problem === undefined ? listed : { ...listed, problem: codeOf(problem) };
  });
}
