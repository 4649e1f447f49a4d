import { Option } from 'commander';

import { actorName } from '../cli-audit.ts';
import { type CommandMaker, type CommonOptions, defineCommand } from '../command.ts';
import { notePause } from '../control-records.ts';
import { type DatasetOptions, datasetOption, policyOption } from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { STAGES } from '../stages.ts';

type Options = DatasetOptions & CommonOptions & { readonly stage: string };

function wish(name: 'pause' | 'resume', summary: string, about: string): CommandMaker {
  return defineCommand<Options>({
    name,
    summary,
    about,
    options: [
      datasetOption(),
      new Option('-s, --stage <stage>', 'which stage').choices(STAGES).makeOptionMandatory(),
      policyOption(),
    ],
    examples: [
      [`sealstream ${name} --dataset people --stage mask`, `tells every mask process to ${name}`],
    ],
    run: async (context, options) => {
      const { dataset, stage } = options;
      readDataset(context, options);
      await withBus(context, async (bus, audit) => {
        const type = name === 'pause' ? 'paused' : 'resumed';
        await audit.tell({ type, dataset, details: { stage, wish: true } });
        await notePause(bus, stage, dataset, name === 'pause' ? actorName() : null);
      });
      const { terminal } = context;
      if (terminal.json) terminal.sayJson({ dataset, stage, paused: name === 'pause' });
      else terminal.say(`${stage} of ${dataset}: ${name} is wished`);
      const back = `let it go on: sealstream resume --dataset ${dataset} --stage ${stage}`;
      const look = `see it move: sealstream offsets show --dataset ${dataset}`;
      return { next: name === 'pause' ? back : look };
    },
  });
}

export const pause = wish(
  'pause',
  'let a stage of a dataset finish what it has begun and wait',
  'Writes the wish to sealstream.control. Services follow it within moments: they finish the ' +
    'transaction under way and start no other. Nothing is lost; records wait in Kafka. A pause ' +
    'outlives restarts until it is resumed.',
);

export const resume = wish(
  'resume',
  'let a paused stage go on',
  'Takes back what `sealstream pause` wished. A stage that waits for another reason keeps waiting.',
);
