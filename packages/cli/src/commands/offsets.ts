import { defineGroup } from '../command.ts';
import { offsetsSet } from './offsets-set.ts';
import { offsetsShow } from './offsets-show.ts';

export const offsets = defineGroup({
  name: 'offsets',
  summary: 'show or set where the stages stand',
  about:
    'Where each stage of a dataset stands in the topic that it reads: what it has committed, what ' +
    'is there to read, and how many processes do the reading.',
  examples: [
    ['sealstream offsets show', 'all stages of all datasets'],
    [
      'sealstream offsets set --dataset people --stage mask --to earliest',
      'lets mask, which must be stopped, begin again',
    ],
  ],
  commands: [offsetsShow, offsetsSet],
});
