import { type CommonOptions, defineCommand } from '../command.ts';
import { oneDatasetOption, type PolicyOptions, policyOption } from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { type StagePosition, stagePositions } from '../stage-positions.ts';
import { textTable } from '../table.ts';

type Options = PolicyOptions & CommonOptions & { readonly dataset?: string };

export const offsetsShow = defineCommand<Options>({
  name: 'show',
  summary: 'show where every stage stands',
  about:
    'One line per stage and partition. `lag` counts offsets still to read; the markers that close ' +
    'transactions take offsets too, so it is not a count of records.',
  options: [oneDatasetOption(), policyOption()],
  examples: [
    ['sealstream offsets show --dataset people', 'the stages of one dataset'],
    ['sealstream offsets show --json', 'as JSON'],
  ],
  run: async (context, options) => {
    const datasets = datasetsOf(context, options);
    const positions = await withBus(context, async (bus) => {
      const found: StagePosition[] = [];
      for (const dataset of datasets) found.push(...(await stagePositions(bus, dataset)));
      return found;
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ positions });
    else for (const line of asTable(positions)) terminal.say(line);
    if (positions.length === 0) return { next: 'create the topics: sealstream topics apply' };
    const idle = positions.find(
      ({ lag, members, stage }) => lag > 0n && members === 0 && stage !== 'replay',
    );
    if (idle !== undefined) return { next: `start ${idle.stage}: it lags and no process reads` };
    return { next: 'nothing waits for you; sealstream tail TOPIC shows records' };
  },
});

function asTable(positions: readonly StagePosition[]): string[] {
  return textTable(
    [
      { head: 'stage' },
      { head: 'topic' },
      { head: 'partition', align: 'right' },
      { head: 'committed', align: 'right' },
      { head: 'end', align: 'right' },
      { head: 'lag', align: 'right' },
      { head: 'members', align: 'right' },
    ],
    positions.map(({ committed, end, lag, members, partition, stage, topic }) => [
      stage,
      topic,
      String(partition),
      committed === null ? 'none' : String(committed),
      String(end),
      String(lag),
      String(members),
    ]),
  );
}
