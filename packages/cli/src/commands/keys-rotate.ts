import type { Bus } from '@sealstream/bus';
import { KEYSET_PURPOSES, type Purpose, SealstreamError } from '@sealstream/contracts';
import type { KeysetAdmin, KeysetChange } from '@sealstream/keyring';
import { Option } from 'commander';

import { openAdmin } from '../cluster-keys.ts';
import { openSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import {
  keyDirOption,
  type KeyOptions,
  oneDatasetOption,
  type PolicyOptions,
  policyOption,
} from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { epochDirOption } from '../subject-options.ts';

interface Options extends PolicyOptions, KeyOptions, CommonOptions {
  readonly purpose?: Purpose;
  readonly dataset?: string;
  readonly missing?: boolean;
  readonly epochDir?: string;
}

/** What is made per dataset: its keysets, and the register of its subjects when it has any. */
const ALL_PURPOSES: readonly Purpose[] = [...KEYSET_PURPOSES, 'subject'];

/** Joins rest on equal values giving equal hashes, so these keys stay for the life of a keyset. */
const CREATE_ONLY: readonly Purpose[] = ['hash', 'subject-index'];

export const keysRotate = defineCommand<Options>({
  name: 'rotate',
  summary: 'make missing keysets, and new keys in the others',
  about:
    'A new key seals from now on; the older ones still open what they sealed. A key becomes active ' +
    'only when it was read back from Redis and is on the topic keyring. Keys of the purposes hash ' +
    'and subject-index never rotate, since every join made with them would break: they are made ' +
    'when missing, and asking to rotate them is refused. A dataset whose policy names a subject gets ' +
    'the register of its subjects with a first epoch, which `subjects rotate-epoch` rotates.',
  options: [
    new Option('--purpose <purpose>', 'only keys of this purpose (default: all)').choices(
      ALL_PURPOSES,
    ),
    oneDatasetOption(),
    new Option('--missing', 'make what is missing and leave the rest as it is'),
    policyOption(),
    keyDirOption(),
    epochDirOption(),
  ],
  examples: [
    ['sealstream keys rotate', 'every purpose of every dataset'],
    ['sealstream keys rotate --missing', 'only what a new dataset still lacks'],
    ['sealstream keys rotate --purpose field --dataset people', 'the keys that seal fields'],
  ],
  run: async (context, options) => {
    const asked = options.purpose === undefined ? ALL_PURPOSES : [options.purpose];
    const purposes = asked.filter((purpose) => purpose !== 'subject');
    const datasets = datasetsOf(context, options);
    const changes = await withBus(context, async (bus, audit) => {
      await audit.check();
      const admin = await openAdmin(context, bus, options, purposes);
      const made: KeysetChange[] = [];
      const note = async (dataset: string, purpose: Purpose, change: KeysetChange) => {
        made.push(change);
        if (change.action === 'unchanged') return;
        const { action, keyId, version } = change;
        const type = action === 'created' ? 'key-created' : 'key-rotated';
        await audit.tell({ type, dataset, details: { purpose, keyId, version } });
      };
      try {
        for (const { name, subject } of datasets) {
          for (const purpose of purposes)
            await note(name, purpose, await changed(admin, purpose, name, options));
          if (subject !== undefined && asked.includes('subject'))
            await note(name, 'subject', await ensuredSubjects(context, bus, name, options));
        }
      } finally {
        admin.stop();
      }
      return made;
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ changes });
    else
      for (const { action, keyId, name, version } of changes)
        terminal.say(`${name}  version ${version}  ${keyId}  ${action}`);
    return { next: 'services take the new keys by themselves; see them: sealstream keys list' };
  },
});

/** The register of subjects, as a change of a keyset is told: its key is the epoch. */
async function ensuredSubjects(
  context: Context,
  bus: Bus,
  dataset: string,
  options: Options,
): Promise<KeysetChange> {
  const admin = await openSubjects(context, bus, { ...options, dataset });
  try {
    const { epoch: keyId, ...ensured } = await admin.ensure();
    return { ...ensured, keyId };
  } finally {
    admin.stop();
  }
}

function changed(
  admin: KeysetAdmin,
  purpose: Purpose,
  dataset: string,
  { missing, purpose: asked }: Options,
): Promise<KeysetChange> {
  const isCreateOnly = CREATE_ONLY.includes(purpose) && asked === undefined;
  if (missing === true || isCreateOnly) return admin.ensure(purpose, dataset);
  return admin.createOrRotate(purpose, dataset).catch((error: unknown) => {
    const isRefused = error instanceof SealstreamError && error.code === 'USAGE';
    if (!isRefused) throw error;
    throw new SealstreamError(
      'USAGE',
      { purpose, dataset },
      'Keys of this purpose are made once and never rotate: hashes of old and new records would ' +
        'no longer match, and every join on them would break.',
    );
  });
}
