import { defineGroup } from '../command.ts';
import { approvalsApprove } from './approvals-approve.ts';
import { approvalsList } from './approvals-list.ts';

export const approvals = defineGroup({
  name: 'approvals',
  summary: 'agree to what another person asks for',
  about:
    'Some changes need a second person, such as giving a role or ending the key of a person. The first ' +
    'try of such a command asks; another person agrees within an hour; then the first runs it again ' +
    'with --approval. Needs SEALSTREAM_ACCESS_URL.',
  examples: [
    ['sealstream approvals list', 'what waits'],
    ['sealstream approvals approve 5f2c9d0a1b3e4c6d8f701234', 'agree to one'],
  ],
  commands: [approvalsList, approvalsApprove],
});
