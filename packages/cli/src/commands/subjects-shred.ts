import { SealstreamError } from '@sealstream/contracts';
import { shredPlanNotes, shredSubject } from '@sealstream/key-care';
import type { VaultRows } from '@sealstream/keyring';
import { shredPlan } from '@sealstream/policy';
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
import { datasetOption, keyDirOption, type PolicyOptions, policyOption } from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { receiptOf, showReceipt } from '../shred-receipt.ts';
import { type ShownPlan, showShredPlan } from '../shred-plan.ts';
import { withVaultRows } from '../vault-place.ts';
import {
  epochDirOption,
  noValueArgument,
  refuseValue,
  type SubjectOptions,
  subjectOptions,
} from '../subject-options.ts';

interface Options extends SubjectOptions, PolicyOptions, AccessOptions, CommonOptions {
  readonly reason?: string;
  readonly plan?: boolean;
  readonly yes?: boolean;
}

export const subjectsShred = defineCommand<Options, [value: string[]]>({
  name: 'shred',
  summary: 'destroy the key of one subject for good',
  about:
    'Destroys the key, leaves a permanent tombstone in its place, tells every process, removes its ' +
    'rows from the token vault, and prints a signed receipt. A subject without a key gets ' +
    'a tombstone, too, and that is said, since the value may be mistyped. Running it again prints the ' +
    'first receipt. The value is read from stdin or a file and is nowhere shown or kept; the reason ' +
    'stands in the receipt and the audit log for ever, so write no value into it. Through access a ' +
    'second person agrees to the index and the reason, and never sees the value.',
  arguments: [noValueArgument()],
  options: [
    datasetOption(),
    ...subjectOptions(),
    new Option('--reason <text>', 'why, such as the number of the request'),
    new Option('--plan', 'show what will no longer open and what stays, and do nothing'),
    new Option('--yes', 'really destroy it; there is no way back'),
    policyOption(),
    keyDirOption(),
    epochDirOption(),
    ...accessOptions(),
  ],
  examples: [
    ['sealstream subjects shred --dataset people --plan', 'what it would do; nobody is named'],
    [
      'sealstream subjects shred --dataset people --reason R-4711 --yes < ssn.txt',
      'the person with that value',
    ],
  ],
  exits: { 2: 'usage, settings or policy are wrong, or --yes was not given' },
  run: async (context, options, given) => {
    refuseValue(given);
    const { terminal } = context;
    const { dataset, reason } = options;
    if (options.plan === true) {
      const plan = await wayOf<ShownPlan>(context, options, {
        direct: () => planned(context, options),
        throughAccess: (client) => new RemoteSubjects(client, dataset).plan(),
      });
      showShredPlan(terminal, dataset, plan);
      return { next: 'destroy the key: sealstream subjects shred --reason R --yes' };
    }
    if (reason === undefined)
      throw new SealstreamError('USAGE', { option: '--reason' }, 'Say why with --reason.');
    if (options.yes !== true)
      throw new SealstreamError(
        'USAGE',
        { dataset },
        'Look at --plan, then add --yes to destroy the key.',
      );
    const receipt = await wayOf<SubjectReceipt>(context, options, {
      direct: () => shredded(context, options, reason),
      throughAccess: (client) =>
        withNamedSubject(context, options, (who) =>
          new RemoteSubjects(client, dataset).shred(who, reason),
        ),
    });
    const { keyId, vaultRows = 0 } = receipt;
    if (vaultRows > 0) terminal.note(`${vaultRows} rows of the token vault removed`, { vaultRows });
    showReceipt(terminal, receipt);
    if (keyId === undefined)
      terminal.note('No key stood under this value, so none was destroyed: check the value.', {
        keyDestroyed: false,
      });
    return { next: 'keep the receipt; make backups follow: sealstream subjects rotate-epoch' };
  },
});

function planned(context: Context, options: Options): ShownPlan {
  const dataset = readDataset(context, options);
  return { fields: shredPlan(dataset), notes: shredPlanNotes(dataset) };
}

function shredded(context: Context, options: Options, reason: string): Promise<SubjectReceipt> {
  const { name } = readDataset(context, options);
  return withSubjects(context, options, async ({ admin, audit, bus }) => {
    await noteRunningAccess(context, bus);
    await audit.check();
    const index = await indexOf(context, bus, options);
    const parts = {
      admin,
      vault: <T>(work: (rows: VaultRows) => Promise<T>) => withVaultRows(context, name, work),
      tell: tellBy(audit),
    };
    const order = { dataset: name, index, reason, actor: actorName() };
    const done = await shredSubject(parts, order);
    return { ...receiptOf(done), vaultRows: done.vaultRows };
  });
}
