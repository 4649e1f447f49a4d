import { defineGroup } from '../command.ts';
import { grantsCreate } from './grants-create.ts';
import { grantsList } from './grants-list.ts';
import { grantsResolve } from './grants-resolve.ts';
import { grantsRevoke } from './grants-revoke.ts';

export const grants = defineGroup({
  name: 'grants',
  summary: 'let consumers open some fields and no others',
  about:
    'A grant holds the derived keys of the fields it names, encrypted to the public key of one ' +
    'consumer. What a consumer does with it is in docs/consumers.md.',
  examples: [
    ['sealstream grants list', 'who has what'],
    ['sealstream grants revoke 0f3c9a1b2d4e5f60718293a4', 'ends one'],
  ],
  commands: [grantsCreate, grantsList, grantsRevoke, grantsResolve],
});
