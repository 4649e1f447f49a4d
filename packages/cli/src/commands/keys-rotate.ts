import type { Bus } from '@sealstream/bus';
import { type Purpose, SealstreamError } from '@sealstream/contracts';
import {
  type MadeKey,
  rotateKeys,
  ROTATED_PURPOSES,
  type RotationOrder,
} from '@sealstream/key-care';
import type { EnsuredSubjects } from '@sealstream/keyring';
import { Option } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { wayOf } from '../access/access-way.ts';
import { RemoteKeyCare, type RotatedKey } from '../access/remote-key-care.ts';
import { noteRunningAccess } from '../access/running-access.ts';
import { tellBy } from '../cli-audit.ts';
import { openAdmin } from '../cluster-keys.ts';
import { openSubjects } from '../cluster-subjects.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import {
  durationMs,
  keyDirOption,
  type KeyOptions,
  oneDatasetOption,
  type PolicyOptions,
  policyOption,
  wholeNumber,
} from '../options.ts';
import { datasetsOf } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { epochDirOption } from '../subject-options.ts';

interface Options extends PolicyOptions, KeyOptions, AccessOptions, CommonOptions {
  readonly purpose?: Purpose;
  readonly dataset?: string;
  readonly missing?: boolean;
  readonly due?: boolean;
  readonly maxAge?: number;
  readonly maxUses?: number;
  readonly epochDir?: string;
}

export const keysRotate = defineCommand<Options>({
  name: 'rotate',
  summary: 'make missing keysets, and new keys in the others',
  about:
    'A new key seals from now on; the older ones still open what they sealed. A key becomes active ' +
    'only when it was read back from Redis and is on the topic keyring. The keyset of fields gets ' +
    'one key for each algorithm that the policy seals with. With --due only what is missing, too ' +
    'old or used too often is made, and nothing else is touched: run it every day. Keys of the ' +
    'purposes hash and subject-index and those of deterministic fields never rotate, since every ' +
    'join made with them would break: they are made when missing; see `keys new-epoch`. A dataset ' +
    'whose policy names a subject gets the register of its subjects with a first epoch, which ' +
    '`subjects rotate-epoch` rotates. Through access a limit of age is whole days.',
  options: [
    new Option('--purpose <purpose>', 'only keys of this purpose (default: all)').choices(
      ROTATED_PURPOSES,
    ),
    oneDatasetOption(),
    new Option('--missing', 'make what is missing and leave the rest as it is').conflicts('due'),
    new Option('--due', 'make what is missing, too old or used too often, and say why'),
    new Option('--max-age <age>', 'with --due: the age that is too old (default: 90d)')
      .argParser(durationMs)
      .conflicts('missing'),
    new Option(
      '--max-uses <n>',
      'with --due: uses of an aes-256-gcm key that are too many (default: 2^30 of 2^31)',
    )
      .argParser(wholeNumber(1))
      .conflicts('missing'),
    policyOption(),
    keyDirOption(),
    epochDirOption(),
    ...accessOptions(),
  ],
  examples: [
    ['sealstream keys rotate', 'every purpose of every dataset'],
    ['sealstream keys rotate --missing', 'only what a new dataset still lacks'],
    ['sealstream keys rotate --due --max-age 30d', 'for a timer: only what is due, and why'],
    ['sealstream keys rotate --purpose field --dataset people', 'the keys that seal fields'],
  ],
  run: async (context, options) => {
    requireDue(options);
    const { dataset, maxAge: maxAgeMs, maxUses, purpose } = options;
    const asked = { dataset, purpose, mode: modeOf(options), maxAgeMs, maxUses };
    const changes = await wayOf<readonly (MadeKey | RotatedKey)[]>(context, options, {
      direct: () => rotated(context, options),
      throughAccess: (client) => new RemoteKeyCare(client, context.terminal).rotate(asked),
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ changes });
    else
      for (const { action, algorithm = '', keyId, name, version, why = '' } of changes)
        terminal.say(
          `${name}  version ${version}  ${keyId}  ${action}  ${algorithm}  ${why}`.trimEnd(),
        );
    return { next: 'services take the new keys by themselves; see them: sealstream keys list' };
  },
});

async function rotated(context: Context, options: Options): Promise<MadeKey[]> {
  const order = orderOf(options);
  const keysets = order.purposes.filter((one) => one !== 'subject');
  const datasets = datasetsOf(context, options);
  return withBus(context, async (bus, audit) => {
    await noteRunningAccess(context, bus);
    await audit.check();
    const admin = await openAdmin(context, bus, options, keysets);
    const parts = {
      admin,
      ensureSubjects: (dataset: string) => ensuredSubjects(context, bus, dataset, options),
      tell: tellBy(audit),
    };
    try {
      const made: MadeKey[] = [];
      for (const dataset of datasets) made.push(...(await rotateKeys(parts, dataset, order)));
      return made;
    } finally {
      admin.stop();
    }
  });
}

function requireDue({ due, maxAge, maxUses }: Options): void {
  if (due === true || (maxAge === undefined && maxUses === undefined)) return;
  throw new SealstreamError('USAGE', { option: '--due' }, 'A limit goes with --due.');
}

function modeOf({ due, missing }: Options): RotationOrder['mode'] {
  if (due === true) return 'due';
  return missing === true ? 'missing' : 'all';
}

function orderOf(options: Options): RotationOrder {
  const { maxAge, maxUses, purpose } = options;
  return {
    mode: modeOf(options),
    purposes: purpose === undefined ? ROTATED_PURPOSES : [purpose],
    isNamed: purpose !== undefined,
    limits: {
      ...(maxAge === undefined ? {} : { ageMs: maxAge }),
      ...(maxUses === undefined ? {} : { uses: maxUses }),
    },
  };
}

async function ensuredSubjects(
  context: Context,
  bus: Bus,
  dataset: string,
  options: Options,
): Promise<EnsuredSubjects> {
  const admin = await openSubjects(context, bus, { ...options, dataset });
  try {
    return await admin.ensure();
  } finally {
    admin.stop();
  }
}
