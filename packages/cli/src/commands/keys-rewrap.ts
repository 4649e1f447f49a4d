import { type Purpose, PURPOSES, SealstreamError } from '@sealstream/contracts';
import { type RewrappedKeys, rewrapKeysets } from '@sealstream/key-care';
import { Option } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import type { AccessClient } from '../access/access-client.ts';
import { wayOf } from '../access/access-way.ts';
import { problemOf, RemoteKeyCare } from '../access/remote-key-care.ts';
import { noteRunningAccess } from '../access/running-access.ts';
import { type CliAudit, tellBy } from '../cli-audit.ts';
import { epochsOf, openMove } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { type Move, moveOptions, type MoveOptions } from '../key-move.ts';
import { keyDirOption, type KeyOptions } from '../options.ts';
import { withBus } from '../servers.ts';
import { epochDirOption } from '../subject-options.ts';

interface Options extends KeyOptions, MoveOptions, AccessOptions, CommonOptions {
  readonly to?: 'present' | 'next';
  readonly purpose?: Purpose;
  readonly dataset?: string;
  readonly epochDir?: string;
}

export const keysRewrap = defineCommand<Options>({
  name: 'rewrap',
  summary: 'put keysets under other outermost keys',
  about:
    'Moves keysets to another provider, or from old key files to new ones: the wrapping key of each ' +
    'is wrapped anew, the data keys stay, so every old record still opens. A keyset that the new ' +
    'outermost key unwraps is done: after a cut, run it again and it takes up where it stopped. All ' +
    'keysets there are move, also those of datasets that left the policy, and the epoch keys of ' +
    'subjects in the folder of epochs. Services take the new ' +
    'version by themselves when they have both outermost keys (the settings _NEXT); see ' +
    'docs/key-providers.md for the order of steps.',
  options: [
    ...moveOptions(),
    new Option('--purpose <purpose>', 'only keysets of this purpose (default: all)').choices(
      PURPOSES,
    ),
    new Option('-d, --dataset <name>', 'only keysets of this dataset (default: all)'),
    keyDirOption(),
    epochDirOption(),
    new Option(
      '--to <which>',
      'through access: the outermost keys that it has, or the next ones of its settings',
    ).choices(['present', 'next']),
    ...accessOptions(),
  ],
  examples: [
    ['sealstream keys rewrap --to-provider aws-kms', 'from key files to a KMS'],
    ['sealstream keys rewrap --to-key-dir new-keys', 'from old key files to new ones'],
  ],
  exits: { 0: 'every keyset is under the new outermost key', 1: 'a keyset could not be moved' },
  run: async (context, options) => {
    const done = await wayOf<readonly { readonly action: string }[]>(context, options, {
      direct: () => rewrapped(context, options),
      throughAccess: (client) => rewrappedRemotely(context, client, options),
    });
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ keysets: done });
    if (done.some(({ action }) => action === 'failed'))
      return { exit: EXIT.finding, next: 'mend what is named, then run the same command again' };
    return { next: 'name the new outermost keys in the settings of every service and of this' };
  },
});

function rewrapped(context: Context, options: Options): Promise<RewrappedKeys[]> {
  if (options.to !== undefined)
    throw new SealstreamError(
      'USAGE',
      { option: '--to' },
      'It is for access; directly say where to with --to-provider and the others.',
    );
  return withBus(context, async (bus, audit) => {
    await noteRunningAccess(context, bus);
    await audit.check();
    const move = await openMove(context, bus, options, purposesOf(options));
    try {
      return await rewrapAll(context, audit, move, options);
    } finally {
      move.admin.stop();
    }
  });
}

/** Where to is in the settings of access, which has the outermost keys. */
async function rewrappedRemotely(
  { terminal }: Context,
  client: AccessClient,
  { dataset, purpose, to, ...options }: Options,
) {
  const { toKeyDir, toKmsKey, toPkcs11Key, toProvider } = options;
  const isDirect = [toKeyDir, toKmsKey, toPkcs11Key, toProvider].some((one) => one !== undefined);
  if (isDirect || to === undefined)
    throw new SealstreamError(
      'USAGE',
      { option: '--to' },
      'Through access say --to next or --to present; where those are is in its settings.',
    );
  const done = await new RemoteKeyCare(client, terminal).rewrap(dataset, purpose, to);
  for (const row of terminal.json ? [] : done) {
    const { action, name, version } = row;
    terminal.say(`${name}  version ${version}  ${action}  ${problemOf(row) ?? ''}`.trimEnd());
  }
  return done;
}

function purposesOf({ purpose }: Options): readonly Purpose[] {
  return purpose === undefined ? PURPOSES : [purpose];
}

function rewrapAll(
  context: Context,
  audit: CliAudit,
  move: Move,
  options: Options,
): Promise<RewrappedKeys[]> {
  const { allowUnlocked } = context.config();
  const parts = {
    move,
    epochs: () => epochsOf(context, options).store,
    allowUnlocked,
    tell: tellBy(audit),
    onKeyset: ({ action, name, problem = '', version }: RewrappedKeys) => {
      if (context.terminal.json) return;
      context.terminal.say(`${name}  version ${version}  ${action}  ${problem}`.trimEnd());
    },
  };
  return rewrapKeysets(parts, purposesOf(options), options.dataset);
}
