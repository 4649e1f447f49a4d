import { defineGroup } from '../command.ts';
import { usersBootstrap } from './users-bootstrap.ts';
import { usersCreate } from './users-create.ts';
import { usersDisable } from './users-disable.ts';
import { usersEnable } from './users-enable.ts';
import { usersGrantRole } from './users-grant-role.ts';
import { usersLinkIdentity } from './users-link-identity.ts';
import { usersList } from './users-list.ts';
import { usersRevokeRole } from './users-revoke-role.ts';
import { usersSetPassword } from './users-set-password.ts';
import { usersShow } from './users-show.ts';
import { usersSignOut } from './users-sign-out.ts';
import { usersUnlinkIdentity } from './users-unlink-identity.ts';

export const users = defineGroup({
  name: 'users',
  summary: 'see and change who may sign in',
  about:
    "Users are kept in Redis; these commands work on it with the operator's own credentials. Each " +
    'change is on the audit log before it takes effect, and what came of it after.',
  examples: [
    ['sealstream users bootstrap', 'the first administrator'],
    ['sealstream users list', 'who may sign in'],
  ],
  commands: [
    usersCreate,
    usersList,
    usersShow,
    usersSetPassword,
    usersGrantRole,
    usersRevokeRole,
    usersLinkIdentity,
    usersUnlinkIdentity,
    usersSignOut,
    usersDisable,
    usersEnable,
    usersBootstrap,
  ],
});
