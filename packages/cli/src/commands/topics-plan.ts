import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { oneDatasetOption, type PolicyOptions, policyOption } from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { planOf } from '../topic-facts.ts';
import { showPlan } from '../topic-table.ts';
import { partitionsOption, type TopicOptions } from '../topic-options.ts';

export const topicsPlan = defineCommand<TopicOptions & PolicyOptions & CommonOptions>({
  name: 'plan',
  summary: 'show which topics are there, are missing or differ',
  about:
    'Compares the topics that the policy needs with those of the cluster and changes nothing. A ' +
    'raw topic that exists decides how many partitions the others need.',
  options: [partitionsOption(), oneDatasetOption(), policyOption()],
  examples: [
    ['sealstream topics plan', 'all datasets of ./sealstream.yaml'],
    ['sealstream topics plan --partitions 12 --json', 'as JSON, for a raw topic still to be made'],
  ],
  exits: { 0: 'every topic is as the flow needs it', 1: 'a topic is missing or differs' },
  run: async (context, options) => {
    const datasets = datasetsOf(context, options);
    const plan = await withBus(context, (bus) => planOf(bus, datasets, options.partitions));
    showPlan(context.terminal, plan);
    const missing = plan.filter(({ state }) => state === 'missing').length;
    const differs = plan.filter(({ state }) => state === 'differs').length;
    if (missing > 0)
      return {
        exit: EXIT.finding,
        next: `create the ${missing} missing: sealstream topics apply`,
      };
    if (differs > 0)
      return {
        exit: EXIT.finding,
        next: 'add partitions with sealstream topics grow; change settings with your own tools',
      };
    return { next: 'start the services, then publish records: sealstream ingest FILE' };
  },
});
