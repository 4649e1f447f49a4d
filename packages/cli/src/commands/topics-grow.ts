import { Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { oneDatasetOption, type PolicyOptions, policyOption, wholeNumber } from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { growthOf } from '../topic-changes.ts';
import { planOf } from '../topic-facts.ts';
import type { TopicOptions } from '../topic-options.ts';

export const topicsGrow = defineCommand<TopicOptions & PolicyOptions & CommonOptions>({
  name: 'grow',
  summary: 'add partitions, from the outputs backwards',
  about:
    "Gives every topic of the flow at least the raw topic's partitions, or as many as --partitions " +
    'says, raw last, so that no stage ever meets a partition that has no place to go. The order of ' +
    'records per key holds only within one partition count. A raw topic that Sealstream did not ' +
    'create is left alone.',
  options: [
    new Option('--partitions <n>', 'how many (default: as many as raw has)').argParser(
      wholeNumber(1),
    ),
    oneDatasetOption(),
    policyOption(),
  ],
  examples: [
    ['sealstream topics grow', 'follows a raw topic that got more partitions'],
    ['sealstream topics grow --dataset people --partitions 12', 'grows raw as well'],
  ],
  run: async (context, options) => {
    const datasets = datasetsOf(context, options);
    const growth = await withBus(context, async (bus, audit) => {
      const found = growthOf(await planOf(bus, datasets, options.partitions));
      for (const { topic, to } of found.ours) await bus.admin.growTopic(topic, to);
      const grown = found.ours.map(({ from, to, topic }) => `${topic} ${from}-${to}`).join(',');
      if (grown !== '') await audit.tell({ type: 'topics-changed', details: { grown } });
      return found;
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ grown: growth.ours, notOurs: growth.foreignRaw });
    else
      for (const { from, to, topic } of growth.ours)
        terminal.say(`${topic}: ${from} to ${to} partitions`);
    const [foreign] = growth.foreignRaw;
    if (foreign !== undefined)
      return {
        next: `grow ${foreign.topic} to ${foreign.to} with your own tools; its outputs are ready`,
      };
    if (growth.ours.length === 0) return { next: 'nothing to do: no topic lacks partitions' };
    return { next: 'see how the topics stand: sealstream topics plan' };
  },
});
