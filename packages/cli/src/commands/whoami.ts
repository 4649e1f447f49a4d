import { MeAnswer } from '../access/account-answers.ts';
import { accessClient } from '../access/access-client.ts';
import { type CommonOptions, defineCommand } from '../command.ts';

export const whoami = defineCommand<CommonOptions>({
  name: 'whoami',
  summary: 'show who you are at the service access, and what you may do',
  about:
    'Shows the account that commands go by, its roles, all actions that some role allows, and the ' +
    'purposes that may be given. Needs SEALSTREAM_ACCESS_URL.',
  examples: [
    ['sealstream whoami', 'for people'],
    ['sealstream whoami --json', 'as JSON'],
  ],
  run: async (context) => {
    const { terminal } = context;
    const me = await accessClient(context).ask({
      method: 'GET',
      path: '/v1/me',
      answer: MeAnswer,
    });
    if (terminal.json) terminal.sayJson(me);
    else {
      const { account, actions, by, person, purposes, roles } = me;
      terminal.say(`${account}  ${person}  by ${by}  roles ${roles.join(',') || '-'}`);
      terminal.say(`may ${actions.join(' ') || 'nothing'}`);
      for (const { meaning, name, reference } of purposes)
        terminal.say(`purpose ${name}, reference ${reference}: ${meaning}`);
    }
    return { next: 'see who asked for what: sealstream accesses' };
  },
});
