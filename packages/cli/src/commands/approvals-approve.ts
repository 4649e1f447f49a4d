import { SealstreamError } from '@sealstream/contracts';
import { Argument, Option } from 'commander';

import { type AccessClient, accessClient, route } from '../access/access-client.ts';
import { ApprovalAnswer, ApprovalList, printable } from '../access/access-words.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { isAgreed } from '../question.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends CommonOptions {
  readonly digest?: string;
}

export const approvalsApprove = defineCommand<Options, [id: string]>({
  name: 'approve',
  summary: 'agree to one request of another person',
  about:
    'Shows what would happen and asks whether you agree; nobody agrees to what they have not seen. ' +
    'Without a terminal --digest says what was seen, as `approvals list --json` has it. Nobody ' +
    'approves what they ask for themselves, no API key approves anything, and it holds for an hour.',
  arguments: [new Argument('<id>', 'as `approvals list` shows it')],
  options: [new Option('--digest <hex>', 'of what you saw; then nothing is asked')],
  examples: [['sealstream approvals approve 5f2c9d0a1b3e4c6d8f701234', 'see it, then agree']],
  run: async (context, options, id) => {
    const { terminal } = context;
    const client = accessClient(context);
    const digest = options.digest ?? (await seen(terminal, client, id));
    const approved = await client.ask({
      method: 'POST',
      path: route`/v1/approvals/${id}/approve`,
      body: { digest },
      answer: ApprovalAnswer,
    });
    if (terminal.json) terminal.sayJson(approved);
    else terminal.say(`${id}  approved  ${printable(approved.words)}`);
    return { next: `${approved.person} runs the command again with --approval ${id}` };
  },
});

/** @throws SealstreamError APPROVAL_UNKNOWN, USAGE without a terminal or a yes */
async function seen(terminal: Terminal, client: AccessClient, id: string): Promise<string> {
  const answer = ApprovalList;
  const { approvals } = await client.ask({ method: 'GET', path: '/v1/approvals', answer });
  const found = approvals.find((one) => one.id === id);
  if (found === undefined) throw new SealstreamError('APPROVAL_UNKNOWN', { approval: id });
  const { details, digest, expires, words } = found;
  terminal.note(printable(words), { approval: found });
  if (!terminal.json) {
    terminal.note(printable(JSON.stringify(details)));
    terminal.note(`digest ${digest}, until ${expires}`);
  }
  if (await isAgreed(terminal, 'do you agree?', '--digest')) return digest;
  throw new SealstreamError('USAGE', { approval: id }, 'You did not agree: nothing was approved.');
}
