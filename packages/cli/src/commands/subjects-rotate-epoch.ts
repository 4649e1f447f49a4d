import { Option } from 'commander';

import { withSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { datasetOption, keyDirOption } from '../options.ts';
import { Progress } from '../progress.ts';
import { epochDirOption, type SubjectsOptions } from '../subject-options.ts';

interface Options extends SubjectsOptions, CommonOptions {
  readonly backup: string;
}

export const subjectsRotateEpoch = defineCommand<Options>({
  name: 'rotate-epoch',
  summary: 'move all subject keys under a new epoch and destroy the old one',
  about:
    'Wraps every subject key of the dataset again, takes a backup, and destroys the old epoch key. ' +
    'From then on no copy of Redis and no backup from before it opens, so a shred is final in all of ' +
    'them. Services go on meanwhile. Cut at any point, run it again with the same --backup.',
  options: [
    datasetOption(),
    new Option('--backup <file>', 'the backup to take; it must not be there').makeOptionMandatory(),
    keyDirOption(),
    epochDirOption(),
  ],
  examples: [
    [
      'sealstream subjects rotate-epoch --dataset people --backup people-today.backup',
      'every day, say',
    ],
  ],
  opensKeys: () => true,
  run: async (context, options) => {
    const { terminal } = context;
    const { backup, dataset } = options;
    const rotated = await withSubjects(context, options, async ({ admin, audit }) => {
      await audit.check();
      const progress = new Progress(terminal, 'rotate-epoch', 0);
      const onProgress = (subjects: number): void => progress.show(subjects, subjects);
      const done = await admin.rotateEpoch({ backup, onProgress });
      progress.end();
      const { destroyed, epoch, moved, version } = done;
      const details = { epoch, destroyed, moved, version, records: done.backup.records };
      await audit.tell({ type: 'epoch-rotated', dataset, details });
      return done;
    });
    if (terminal.json) terminal.sayJson(rotated);
    else {
      terminal.say(`epoch      ${rotated.epoch}  ${rotated.moved} keys moved`);
      terminal.say(`destroyed  ${rotated.destroyed}`);
      terminal.say(`backup     ${rotated.backup.file}  ${rotated.backup.records} subjects`);
    }
    return { next: 'put the backup elsewhere, and the epoch directory into no backup at all' };
  },
});
