import { defineGroup } from '../command.ts';
import { topicsApply } from './topics-apply.ts';
import { topicsDelete } from './topics-delete.ts';
import { topicsGrow } from './topics-grow.ts';
import { topicsPlan } from './topics-plan.ts';

export const topics = defineGroup({
  name: 'topics',
  summary: 'plan, create, grow and delete the topics of the flow',
  about:
    'Topics of the flow: raw, accepted, rejected, masked and encrypted of each dataset, and those ' +
    'that all datasets share. A topic that Sealstream did not create is never changed or deleted.',
  examples: [
    ['sealstream topics plan', 'shows what is missing'],
    ['sealstream topics apply', 'creates it'],
  ],
  commands: [topicsPlan, topicsApply, topicsGrow, topicsDelete],
});
