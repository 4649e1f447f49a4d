import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneDatasetOption, type PolicyOptions, policyOption } from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { createTopics } from '../topic-changes.ts';
import { planOf } from '../topic-facts.ts';
import { partitionsOption, type TopicOptions } from '../topic-options.ts';
import { showPlan } from '../topic-table.ts';

export const topicsApply = defineCommand<TopicOptions & PolicyOptions & CommonOptions>({
  name: 'apply',
  summary: 'create the topics that are missing',
  about:
    'Creates what `topics plan` shows as missing and changes nothing that is there. What is created ' +
    'is noted on sealstream.control with its topic id: only that is ever grown or deleted later.',
  options: [partitionsOption(), oneDatasetOption(), policyOption()],
  examples: [
    ['sealstream topics apply', 'all datasets of ./sealstream.yaml'],
    ['sealstream topics apply --dataset people --partitions 12', 'with 12 partitions each'],
  ],
  exits: { 0: 'every topic is as the flow needs it', 1: 'a topic that was there differs' },
  run: async (context, options) => {
    const datasets = datasetsOf(context, options);
    const { created, plan } = await withBus(context, async (bus, audit) => {
      const before = await planOf(bus, datasets, options.partitions);
      const created: string[] = [];
      await createTopics(bus, before, (topic) => created.push(topic));
      if (created.length > 0)
        await audit.tell({ type: 'topics-changed', details: { created: created.join(',') } });
      return { created, plan: await planOf(bus, datasets, options.partitions) };
    });
    showPlan(context.terminal, plan);
    context.terminal.note(`${created.length} topics created`, { created });
    if (plan.some(({ state }) => state !== 'ok'))
      return { exit: EXIT.finding, next: 'see what differs: sealstream topics plan' };
    return { next: 'make the keys: sealstream keys rotate' };
  },
});
