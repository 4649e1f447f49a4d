import { reEnrolSubject } from '@sealstream/key-care';
import type { VaultRows } from '@sealstream/keyring';
import { Option } from 'commander';

import { actorName, tellBy } from '../cli-audit.ts';
import { indexOf, withSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { datasetOption, keyDirOption } from '../options.ts';
import { showReceipt } from '../shred-receipt.ts';
import {
  epochDirOption,
  noValueArgument,
  refuseValue,
  type SubjectOptions,
  subjectOptions,
} from '../subject-options.ts';
import { withVaultRows } from '../vault-place.ts';

interface Options extends SubjectOptions, CommonOptions {
  readonly reason: string;
}

export const subjectsReEnrol = defineCommand<Options, [value: string[]]>({
  name: 're-enrol',
  summary: 'let a shredded subject have a new key',
  about:
    'From now on records of this subject are sealed again, under a new key. What was sealed under ' +
    'the old one stays destroyed. It is written into the audit log with who ordered it and why.',
  arguments: [noValueArgument()],
  options: [
    datasetOption(),
    ...subjectOptions(),
    new Option('--reason <text>', 'why, such as the number of the request').makeOptionMandatory(),
    keyDirOption(),
    epochDirOption(),
  ],
  examples: [
    [
      'sealstream subjects re-enrol --dataset people --reason R-4712 --value-file ssn.txt',
      'the person with that value',
    ],
  ],
  exits: { 2: 'usage or settings are wrong, or the subject is not shredded' },
  run: async (context, options, given) => {
    refuseValue(given);
    const { dataset, reason } = options;
    const done = await withSubjects(context, options, async ({ admin, audit, bus }) => {
      await audit.check();
      const index = await indexOf(context, bus, options);
      const parts = {
        admin,
        vault: <T>(work: (rows: VaultRows) => Promise<T>) => withVaultRows(context, dataset, work),
        tell: tellBy(audit),
      };
      return reEnrolSubject(parts, { dataset, index, reason, actor: actorName() });
    });
    if (done === undefined)
      context.terminal.note('An earlier order had been cut; what it left undone is done now.');
    else showReceipt(context.terminal, done);
    return { next: 'records that were rejected meanwhile: sealstream replay' };
  },
});
