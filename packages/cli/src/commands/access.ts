import { defineGroup } from '../command.ts';
import { accessExplain } from './access-explain.ts';

export const access = defineGroup({
  name: 'access',
  summary: 'say who may do what, and why not',
  about: 'The rules are the section access of the policy: docs/policy.md.',
  examples: [
    [
      'sealstream access explain --role key-officer --action keys.rotate --dataset people',
      'may somebody with this role do that, now?',
    ],
  ],
  commands: [accessExplain],
});
