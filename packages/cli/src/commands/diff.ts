import type { AccessDifference } from '@sealstream/authorization';
import { type Difference, policyDiff } from '@sealstream/policy';
import { Argument } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { policyIn } from '../policy-file.ts';
import { textTable } from '../table.ts';

export const diff = defineCommand<CommonOptions, [before: string, after: string]>({
  name: 'diff',
  summary: 'say what another policy makes readable, and what it hides',
  about:
    'Compares two policies by what they do and not by their text: what readers of masked and ' +
    'encrypted see more of, what less, and what else is treated otherwise. A dataset that changed ' +
    'without a higher revision is told, since services would not notice. Also told is what callers ' +
    'may do more or less of under the section access. Needs no server.',
  arguments: [
    new Argument('<before>', 'the policy in use'),
    new Argument('<after>', 'the one that follows'),
  ],
  examples: [['sealstream diff sealstream.yaml next.yaml', 'before a change is rolled out']],
  exits: {
    0: 'readers see and callers may no more, and every changed dataset has a higher revision',
    1: 'readers see or callers may do more, or perhaps, or a revision was not raised',
  },
  run: (context, _options, before, after) => {
    const { terminal } = context;
    const [old, now] = [before, after].map(policyIn);
    const { access, differences, stale } = policyDiff(old, now);
    if (terminal.json) {
      for (const difference of differences) terminal.sayJson(difference);
      for (const difference of access) terminal.sayJson({ access: true, ...difference });
    } else if (differences.length === 0 && access.length === 0) {
      terminal.say('Both do the same.');
    } else {
      const lines = differences.length === 0 ? [] : table(differences);
      for (const line of [...lines, ...access.map(accessLine)]) terminal.say(line);
    }
    for (const dataset of stale)
      terminal.note(`${dataset} changed and its revision was not raised`, { dataset, stale: true });
    const found =
      stale.length > 0 ||
      differences.some(({ readers }) => isMore(readers)) ||
      access.some(({ callers }) => isMore(callers));
    const next = 'what it does to records: sealstream test --policy AFTER';
    return Promise.resolve(found ? { exit: EXIT.finding, next } : { next });
  },
});

const isMore = (change: Difference['readers']): boolean =>
  change === 'more' || change === 'perhaps';

const CALLERS = {
  more: 'callers may do MORE',
  perhaps: 'callers may perhaps do MORE',
  less: 'callers may do less',
  other: 'nobody may do more or less',
} as const;

const accessLine = ({ after, before, callers, what }: AccessDifference): string =>
  `access: ${what}: ${CALLERS[callers]}: ${before ?? '-'} > ${after ?? '-'}`;

const READERS = {
  more: 'see MORE',
  perhaps: 'may see MORE',
  less: 'see less',
  other: '',
} as const;

function table(differences: readonly Difference[]): string[] {
  const heads = ['dataset', 'what', 'topic', 'before', 'after', 'readers'];
  return textTable(
    heads.map((head) => ({ head })),
    differences.map(({ after, before, dataset, readers, topic, what }) => [
      dataset,
      what,
      topic ?? '',
      before ?? '-',
      after ?? '-',
      READERS[readers],
    ]),
  );
}
