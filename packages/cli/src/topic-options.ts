import { Option } from 'commander';

import { wholeNumber } from './options.ts';

export interface TopicOptions {
  readonly partitions?: number;
  readonly dataset?: string;
}

export function partitionsOption(): Option {
  return new Option(
    '--partitions <n>',
    'partitions of a raw topic that does not exist yet (default: 4)',
  ).argParser(wholeNumber(1));
}
