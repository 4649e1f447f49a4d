import { defineGroup } from '../command.ts';
import { apiKeysCreate } from './api-keys-create.ts';
import { apiKeysList } from './api-keys-list.ts';
import { apiKeysRevoke } from './api-keys-revoke.ts';

export const apiKeys = defineGroup({
  name: 'api-keys',
  summary: 'see and change with which keys programs get in',
  about:
    'A key belongs to a user, ends by itself, and narrows what the user may. Each change is on the ' +
    'audit log before it takes effect, and what came of it after.',
  examples: [['sealstream api-keys list', 'which there are']],
  commands: [apiKeysCreate, apiKeysList, apiKeysRevoke],
});
