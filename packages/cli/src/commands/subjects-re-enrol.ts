import { SealstreamError } from '@sealstream/contracts';
import { Option } from 'commander';

import { actorName } from '../cli-audit.ts';
import { indexOf, withSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { datasetOption, keyDirOption } from '../options.ts';
import { showReceipt, tellShred } from '../shred-event.ts';
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
      const revived = (isNew: boolean) =>
        withVaultRows(context, dataset, (vault) => vault.reviveSubject(index, isNew));
      try {
        const enrolled = await admin.reEnrol(index, { reason, actor: actorName() });
        await tellShred(audit, dataset, enrolled);
        await revived(enrolled.action === 'done');
        return enrolled;
      } catch (error) {
        // Who lives again already may have been cut off from the vault: then that is finished.
        const lives = error instanceof SealstreamError && error.code === 'USAGE';
        if (!lives || !(await revived(false))) throw error;
        return undefined;
      }
    });
    if (done === undefined)
      context.terminal.note('An earlier order had been cut; what it left undone is done now.');
    else showReceipt(context.terminal, done);
    return { next: 'records that were rejected meanwhile: sealstream replay' };
  },
});
