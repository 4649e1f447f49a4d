import { Argument } from 'commander';

import { withSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { datasetOption, keyDirOption } from '../options.ts';
import { epochDirOption, type SubjectsOptions } from '../subject-options.ts';

export const subjectsBackup = defineCommand<SubjectsOptions & CommonOptions, [file: string]>({
  name: 'backup',
  summary: 'write the wrapped keys and tombstones of a dataset to a file',
  about:
    'The file holds wrapped keys, tombstones and the list of shreds, readable by you alone. Without ' +
    'the epoch keys of its time none of its keys opens, so it serves until the next rotation but one.',
  arguments: [new Argument('<file>', 'the backup; it must not be there')],
  options: [datasetOption(), keyDirOption(), epochDirOption()],
  examples: [['sealstream subjects backup --dataset people people-now.backup', 'one dataset']],
  opensKeys: () => true,
  run: async (context, options, file) => {
    const done = await withSubjects(context, options, ({ admin }) => admin.backup(file));
    const { terminal } = context;
    if (terminal.json) terminal.sayJson(done);
    else
      terminal.say(
        `${done.file}  ${done.records} subjects  epochs ${done.epochs.join(' ') || '-'}`,
      );
    return { next: 'put it elsewhere; back from it: sealstream subjects restore' };
  },
});
