import { KEYSET_PURPOSES, type Purpose, SealstreamError } from '@sealstream/contracts';
import { destroyKey, SETTLED_MS, usageTopics } from '@sealstream/key-care';
import type { DestroyedKey } from '@sealstream/keyring';
import { Option } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { wayOf } from '../access/access-way.ts';
import { RemoteKeyCare } from '../access/remote-key-care.ts';
import { noteRunningAccess } from '../access/running-access.ts';
import { tellBy } from '../cli-audit.ts';
import { openAdmin } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import {
  datasetOption,
  type DatasetOptions,
  durationMs,
  keyDirOption,
  type KeyOptions,
  policyOption,
} from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { ScanProgress } from '../scan-progress.ts';
import { withBus } from '../servers.ts';

interface Options extends DatasetOptions, KeyOptions, AccessOptions, CommonOptions {
  readonly purpose: Purpose;
  readonly key: string;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly settled: number;
}

export const keysDestroy = defineCommand<Options>({
  name: 'destroy',
  summary: 'end a key that only opens, for good',
  about:
    'Takes the wrapped key out of its keyset; what it sealed opens nowhere any more (KEY_DESTROYED), ' +
    'within seconds, and where Redis cannot be reached at the ceiling of the key cache. Only a key ' +
    'that was rotated away can go. First the topics of the dataset are read to their ends, and a key ' +
    'that a record there still names stays, unless --force is given. Copies elsewhere are not seen, and ' +
    'neither is what producers still seal, or what fpe and tokenise masked: keys of the purposes ' +
    'producer, fpe and vault always need --force. ' +
    'Old copies of Redis and of the topic keyring still hold the wrapped key until they are gone. ' +
    'Through access --force needs a second person, and --settled is what that service was told.',
  options: [
    datasetOption(),
    new Option('--purpose <purpose>', 'the purpose of the key')
      .choices(KEYSET_PURPOSES)
      .makeOptionMandatory(),
    new Option('--key <id>', 'its id, as `keys list` shows it').makeOptionMandatory(),
    new Option('--yes', 'really destroy it; there is no way back'),
    new Option(
      '--settled <age>',
      'how long ago the keyset must have changed; longer than SEALSTREAM_KEY_CACHE_CEILING',
    )
      .argParser(durationMs)
      .default(SETTLED_MS, '1h'),
    new Option('--force', 'also while records of the dataset name it, or may; they open no more'),
    policyOption(),
    keyDirOption(),
    ...accessOptions(),
  ],
  examples: [
    [
      'sealstream keys destroy --dataset people --purpose accepted --key k3Y_id-12AbZ --yes',
      'a key of records that retention has deleted',
    ],
  ],
  exits: { 2: 'usage, settings or policy are wrong, the key is in use, or --yes was not given' },
  run: async (context, options) => {
    const { dataset, force = false, key, purpose } = options;
    if (options.yes !== true)
      throw new SealstreamError(
        'USAGE',
        { dataset, key },
        'What this key sealed opens no more: see `sealstream keys usage`, then add --yes.',
      );
    const done = await wayOf<DestroyedKey & { readonly records: number }>(context, options, {
      direct: () => destroyed(context, options),
      throughAccess: (client) => {
        requireSettled(options);
        return new RemoteKeyCare(client, context.terminal).destroy(
          { dataset, purpose, key },
          force,
        );
      },
    });
    show(context, done);
    return { next: 'see that it is gone: sealstream keys list' };
  },
});

/** @throws SealstreamError USAGE for another age than the usual: it is for access to say */
function requireSettled({ settled }: Options): void {
  if (settled === SETTLED_MS) return;
  throw new SealstreamError(
    'USAGE',
    { option: '--settled' },
    'Through access it is what the service was told.',
  );
}

function destroyed(
  context: Context,
  options: Options,
): Promise<DestroyedKey & { readonly records: number }> {
  const dataset = readDataset(context, options);
  const { force = false, key: keyId, purpose, settled: settledMs } = options;
  return withBus(context, async (bus, audit) => {
    await noteRunningAccess(context, bus);
    await audit.check();
    const admin = await openAdmin(context, bus, options, []);
    const progress = new ScanProgress(context.terminal);
    try {
      const topics = await usageTopics(bus, dataset);
      const { onProgress } = progress;
      const order = { dataset: dataset.name, purpose, keyId, topics, settledMs, force };
      return await destroyKey({ admin, bus, tell: tellBy(audit) }, { ...order, onProgress });
    } finally {
      progress.end();
      admin.stop();
    }
  });
}

function show({ terminal }: Context, done: DestroyedKey & { readonly records: number }): void {
  if (terminal.json) terminal.sayJson(done);
  else terminal.say(`${done.name}  version ${done.version}  ${done.keyId}  ${done.action}`);
}
