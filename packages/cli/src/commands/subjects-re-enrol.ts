import { reEnrolSubject } from '@sealstream/key-care';
import type { VaultRows } from '@sealstream/keyring';
import { Option } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { wayOf } from '../access/access-way.ts';
import { RemoteSubjects, type SubjectReceipt } from '../access/remote-subjects.ts';
import { noteRunningAccess } from '../access/running-access.ts';
import { actorName, tellBy } from '../cli-audit.ts';
import { indexOf, withSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { withNamedSubject } from '../named-subject.ts';
import { datasetOption, keyDirOption } from '../options.ts';
import { receiptOf, showReceipt } from '../shred-receipt.ts';
import {
  epochDirOption,
  noValueArgument,
  refuseValue,
  type SubjectOptions,
  subjectOptions,
} from '../subject-options.ts';
import { withVaultRows } from '../vault-place.ts';

interface Options extends SubjectOptions, AccessOptions, CommonOptions {
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
    ...accessOptions(),
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
    const done = await wayOf<SubjectReceipt>(context, options, {
      direct: () => enrolled(context, options),
      throughAccess: (client) =>
        withNamedSubject(context, options, (who) =>
          new RemoteSubjects(client, dataset).reEnrol(who, reason),
        ),
    });
    if (done.receipt === undefined)
      context.terminal.note('An earlier order had been cut; what it left undone is done now.');
    else showReceipt(context.terminal, done);
    return { next: 'records that were rejected meanwhile: sealstream replay' };
  },
});

function enrolled(context: Context, options: Options): Promise<SubjectReceipt> {
  const { dataset, reason } = options;
  return withSubjects(context, options, async ({ admin, audit, bus }) => {
    await noteRunningAccess(context, bus);
    await audit.check();
    const index = await indexOf(context, bus, options);
    const parts = {
      admin,
      vault: <T>(work: (rows: VaultRows) => Promise<T>) => withVaultRows(context, dataset, work),
      tell: tellBy(audit),
    };
    const done = await reEnrolSubject(parts, { dataset, index, reason, actor: actorName() });
    return done === undefined ? { outcome: 'finished' } : receiptOf(done);
  });
}
