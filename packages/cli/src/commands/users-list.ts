import { type BreakGlassOptions, breakGlassOption } from '../access/access-options.ts';
import { accountsOf } from '../chosen-desks.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { userTable } from '../user-lines.ts';

export const usersList = defineCommand<BreakGlassOptions & CommonOptions>({
  name: 'list',
  summary: 'show every user, with roles and last sign-in',
  about: 'Shows users by name, the disabled ones, too. No password and no hash is shown, ever.',
  options: [breakGlassOption()],
  examples: [
    ['sealstream users list', 'as a table'],
    ['sealstream users list --json', 'as JSON, one user a line'],
  ],
  run: async (context, options) => {
    const { terminal } = context;
    const all = await (await accountsOf(context, options)).users();
    if (terminal.json) for (const user of all) terminal.sayJson(user);
    else for (const line of userTable(all)) terminal.say(line);
    return { next: 'see one with its sessions: sealstream users show NAME' };
  },
});
