import { auditTopic, SealstreamError } from '@sealstream/contracts';
import { Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { oneDatasetOption, type PolicyOptions, policyOption } from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { deleteTopics } from '../topic-changes.ts';
import { planOf } from '../topic-facts.ts';
import type { TopicOptions } from '../topic-options.ts';

type Options = Pick<TopicOptions, 'dataset'> &
  PolicyOptions &
  CommonOptions & { readonly yes?: boolean };

export const topicsDelete = defineCommand<Options>({
  name: 'delete',
  summary: 'delete topics that Sealstream created, with all their records',
  about:
    'Deletes the topics of one dataset, or without --dataset all topics of the flow. Only topics ' +
    'that Sealstream created and that still have the id noted then; all others stay. Without --yes ' +
    'it only shows which.',
  options: [
    new Option('--yes', 'really delete; there is no way back'),
    oneDatasetOption(),
    policyOption(),
  ],
  examples: [
    ['sealstream topics delete', 'shows what would be deleted'],
    ['sealstream topics delete --dataset people --yes', 'deletes it'],
  ],
  exits: { 2: 'usage, settings or policy are wrong, or --yes was not given' },
  run: async (context, options) => {
    const { terminal } = context;
    const datasets = datasetsOf(context, options);
    const deleted: string[] = [];
    await withBus(context, async (bus, audit) => {
      const plan = await planOf(bus, datasets);
      const wanted = plan.filter(
        ({ dataset, isOurs }) => isOurs && (options.dataset === undefined || dataset !== undefined),
      );
      const names = wanted.map(({ topic }) => topic);
      for (const { isOurs, state, topic } of plan)
        if (!isOurs && state !== 'missing')
          terminal.note(`${topic} stays: Sealstream did not create it`, { stays: topic });
      if (options.yes !== true) {
        for (const topic of names) terminal.note(`would delete ${topic}`, { would: topic });
        throw new SealstreamError('USAGE', { topics: names.length }, 'Add --yes to delete them.');
      }
      if (names.length > 0 && (await bus.admin.partitionCount(auditTopic('cli'))) > 0)
        await audit.tell({ type: 'topics-changed', details: { deleted: names.join(',') } });
      await deleteTopics(bus, names, (topic) => deleted.push(topic));
    });
    if (terminal.json) terminal.sayJson({ deleted });
    else for (const topic of deleted) terminal.say(`deleted ${topic}`);
    return { next: 'see what is left: sealstream topics plan' };
  },
});
