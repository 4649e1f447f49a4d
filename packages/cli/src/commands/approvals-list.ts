import { accessClient } from '../access/access-client.ts';
import { ApprovalList, printable } from '../access/access-words.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { textTable } from '../table.ts';

export const approvalsList = defineCommand<CommonOptions>({
  name: 'list',
  summary: 'show what waits for a second person',
  about:
    'Shows what was asked for and nobody used yet: who asks, in words and as data. An approved one waits ' +
    'for the person who asked.',
  examples: [
    ['sealstream approvals list', 'as a table'],
    ['sealstream approvals list --json', 'with all details, one a line'],
  ],
  run: async (context) => {
    const { terminal } = context;
    const answer = ApprovalList;
    const { approvals } = await accessClient(context).ask({
      method: 'GET',
      path: '/v1/approvals',
      answer,
    });
    if (terminal.json) for (const approval of approvals) terminal.sayJson(approval);
    else {
      const rows = approvals.map(({ expires, id, state, words }) => [
        id,
        state,
        expires,
        printable(words),
      ]);
      const heads = ['approval', 'state', 'until', 'what'];
      for (const line of textTable(
        heads.map((head) => ({ head })),
        rows,
      ))
        terminal.say(line);
    }
    return { next: 'agree to one: sealstream approvals approve ID' };
  },
});
