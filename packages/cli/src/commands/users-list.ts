import type { User } from '@sealstream/accounts';

import { withAccounts } from '../cluster-accounts.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { userTable } from '../user-lines.ts';

export const usersList = defineCommand<CommonOptions>({
  name: 'list',
  summary: 'show every user, with roles and last sign-in',
  about: 'Shows users by name, the disabled ones, too. No password and no hash is shown, ever.',
  examples: [
    ['sealstream users list', 'as a table'],
    ['sealstream users list --json', 'as JSON, one user a line'],
  ],
  run: async (context) => {
    const { terminal } = context;
    const all = await withAccounts(context, async ({ users }) => {
      const found: User[] = [];
      let cursor: string | undefined;
      do {
        const page = await users.list({ cursor });
        found.push(...page.users);
        cursor = page.cursor;
      } while (cursor !== undefined);
      return found;
    });
    if (terminal.json) for (const user of all) terminal.sayJson(user);
    else for (const line of userTable(all)) terminal.say(line);
    return { next: 'see one with its sessions: sealstream users show NAME' };
  },
});
