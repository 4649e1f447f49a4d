import type { Bus } from '@sealstream/bus';
import { type Purpose, SealstreamError } from '@sealstream/contracts';
import { type KeysetChange, keysetName } from '@sealstream/keyring';
import type { Dataset } from '@sealstream/policy';
import { Option } from 'commander';

import { brokenJoins, joinKeysOf } from '../broken-joins.ts';
import { openAdmin } from '../cluster-keys.ts';
import { openSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import {
  datasetOption,
  type DatasetOptions,
  keyDirOption,
  type KeyOptions,
  policyOption,
} from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { epochDirOption } from '../subject-options.ts';

const SIV = 'xchacha20-poly1305-siv';

interface Options extends DatasetOptions, KeyOptions, CommonOptions {
  readonly purpose?: 'hash' | 'fpe' | 'vault' | 'subject-index';
  readonly algorithm?: typeof SIV;
  readonly epochDir?: string;
  readonly yes?: boolean;
}

export const keysNewEpoch = defineCommand<Options>({
  name: 'new-epoch',
  summary: 'make a new key where keys never rotate, and break the joins across it',
  about:
    'For keys of the purposes hash, fpe and vault, or of deterministic fields: from then on equal values ' +
    'of old and new records are no longer equal. Without --yes it names every join that breaks and does ' +
    'nothing. Old deterministic fields still open. A new epoch of subject-index is refused while ' +
    'the dataset has ever had a subject: a person would get a second index and a second key, so a ' +
    'later shred would miss the first one, and who was shredded would be taken for somebody new.',
  options: [
    new Option('--purpose <purpose>', 'keys of this purpose').choices([
      'hash',
      'fpe',
      'vault',
      'subject-index',
    ]),
    new Option('--algorithm <name>', 'keys of deterministic fields')
      .choices([SIV])
      .conflicts('purpose'),
    datasetOption(),
    new Option('--yes', 'really make it; the joins that are named break'),
    policyOption(),
    keyDirOption(),
    epochDirOption(),
  ],
  examples: [
    ['sealstream keys new-epoch --purpose hash --dataset people', 'the joins that would break'],
    ['sealstream keys new-epoch --purpose hash --dataset people --yes', 'a new key for hashes'],
    [
      `sealstream keys new-epoch --algorithm ${SIV} --dataset people --yes`,
      'a new key for deterministic fields',
    ],
  ],
  exits: { 2: 'usage, settings or policy are wrong, or --yes was not given' },
  opensKeys: () => true,
  run: async (context, options) => {
    const dataset = readDataset(context, options);
    const { algorithm, purpose } = chosen(options);
    const joins = purpose === 'subject-index' ? [] : brokenJoins(joinKeysOf(purpose), dataset);
    const { terminal } = context;
    if (options.yes !== true) {
      if (terminal.json) terminal.sayJson({ dataset: dataset.name, breaks: joins });
      else for (const join of joins) terminal.say(`${join}  equal to old records no more`);
      throw new SealstreamError(
        'USAGE',
        { dataset: dataset.name, joins: joins.length },
        'Old and new records no longer join on what is named; add --yes to make it so.',
      );
    }
    const change = await withBus(context, async (bus, audit) => {
      await audit.check();
      if (purpose === 'subject-index') await refuseSubjects(context, bus, options, dataset);
      const admin = await openAdmin(context, bus, options, [purpose]);
      try {
        const { action, ...made } = await admin.newEpoch(purpose, dataset.name, algorithm);
        const { keyId, version } = made;
        await audit.tell({
          type: 'key-new-epoch',
          dataset: dataset.name,
          details: {
            purpose,
            ...(algorithm && { algorithm }),
            keyId,
            version,
            // The rules that were in force when the joins broke.
            revision: dataset.revision,
            breaks: joins.join(', '),
          },
        });
        return { ...made, action: action === 'created' ? action : ('new-epoch' as const) };
      } finally {
        admin.stop();
      }
    });
    show(context, change, joins);
    return { next: 'services take it by themselves; raise the revision to mark where it began' };
  },
});

function show(
  { terminal }: Context,
  change: Omit<KeysetChange, 'action'> & { readonly action: string },
  joins: readonly string[],
): void {
  if (terminal.json) {
    terminal.sayJson({ ...change, broke: joins });
    return;
  }
  const { action, keyId, name, version } = change;
  terminal.say(`${name}  version ${version}  ${keyId}  ${action}`);
}

function chosen({ algorithm, purpose }: Options): {
  readonly purpose: Purpose;
  readonly algorithm?: typeof SIV;
} {
  if (algorithm !== undefined) return { purpose: 'field', algorithm };
  if (purpose !== undefined) return { purpose };
  throw new SealstreamError(
    'USAGE',
    { option: '--purpose' },
    `Say which keys: --purpose hash, --purpose subject-index or --algorithm ${SIV}.`,
  );
}

/** @throws SealstreamError USAGE while anybody has, or had, a key under the present index */
async function refuseSubjects(
  context: Context,
  bus: Bus,
  options: Options,
  { name: dataset }: Dataset,
): Promise<void> {
  const keysets = await openAdmin(context, bus, options, []);
  try {
    // Neither Redis nor the heads know a register: there was no subject. One that Redis alone has
    // lost is an error below.
    if (!(await keysets.registers()).includes(keysetName('subject', dataset))) return;
  } finally {
    keysets.stop();
  }
  const subjects = await openSubjects(context, bus, { ...options, dataset });
  try {
    const { live, shreds } = await subjects.list();
    if (live === 0 && shreds === 0) return;
    throw new SealstreamError(
      'USAGE',
      { dataset, live, shreds },
      'Every subject of the dataset would be orphaned: found under another index from then on, with ' +
        'a key that no shred reaches. Start a dataset of another name instead.',
    );
  } finally {
    subjects.stop();
  }
}
