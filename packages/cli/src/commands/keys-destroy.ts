import type { Bus } from '@sealstream/bus';
import { KEYSET_PURPOSES, type Purpose, SealstreamError } from '@sealstream/contracts';
import type { DestroyedKey, ListedKeyset } from '@sealstream/keyring';
import type { Dataset } from '@sealstream/policy';
import { Option } from 'commander';

import { openAdmin } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { scanUsage } from '../key-usage.ts';
import {
  datasetOption,
  type DatasetOptions,
  durationMs,
  keyDirOption,
  type KeyOptions,
  policyOption,
} from '../options.ts';
import { readDataset } from '../policy-file.ts';
import { withBus } from '../servers.ts';
import { usageTopics } from '../usage-topics.ts';

interface Options extends DatasetOptions, KeyOptions, CommonOptions {
  readonly purpose: Purpose;
  readonly key: string;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly settled: number;
}

/** Longer than the caches of services: after it none of them seals with the key before. */
const SETTLED = '1h';

/** Purposes of which what needs a key stands where no scan of topics finds it. */
const UNSEEN: Readonly<Partial<Record<Purpose, string>>> = {
  producer:
    'Producers may seal to it still, and rejects hold what they sealed where nobody sees it: ' +
    'give every producer the new public key, see to open rejects, then add --force.',
  fpe: 'Values that it masked do not name it, and none of them could be turned back: add --force.',
  vault: 'Tokens do not name it, and none of its rows in the vault would open: add --force.',
};

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
    'Old copies of Redis and of the topic keyring still hold the wrapped key until they are gone.',
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
      .default(durationMs(SETTLED), SETTLED),
    new Option('--force', 'also while records of the dataset name it, or may; they open no more'),
    policyOption(),
    keyDirOption(),
  ],
  examples: [
    [
      'sealstream keys destroy --dataset people --purpose accepted --key k3Y_id-12AbZ --yes',
      'a key of records that retention has deleted',
    ],
  ],
  exits: { 2: 'usage, settings or policy are wrong, the key is in use, or --yes was not given' },
  run: async (context, options) => {
    const dataset = readDataset(context, options);
    if (options.yes !== true)
      throw new SealstreamError(
        'USAGE',
        { dataset: dataset.name, key: options.key },
        'What this key sealed opens no more: see `sealstream keys usage`, then add --yes.',
      );
    const { purpose } = options;
    const done = await withBus(context, async (bus, audit) => {
      await audit.check();
      const admin = await openAdmin(context, bus, options, []);
      try {
        requireSettled(options, await admin.list());
        const records = await recordsUnder(context, bus, dataset, options.key);
        const unseen = UNSEEN[purpose];
        if (unseen !== undefined && options.force !== true)
          throw new SealstreamError(
            'USAGE',
            { dataset: dataset.name, key: options.key, records },
            unseen,
          );
        if (records > 0 && options.force !== true)
          throw new SealstreamError(
            'USAGE',
            { dataset: dataset.name, key: options.key, records },
            'Records on its topics name it: wait until retention has deleted them, or add --force.',
          );
        const destroyed = await admin.destroy(purpose, dataset.name, options.key);
        const { action, keyId, version } = destroyed;
        if (action === 'destroyed')
          await audit.tell({
            type: 'key-destroyed',
            dataset: dataset.name,
            details: { purpose, keyId, version, records, forced: records > 0 },
          });
        return { ...destroyed, records };
      } finally {
        admin.stop();
      }
    });
    show(context, done);
    return { next: 'see that it is gone: sealstream keys list' };
  },
});

/**
 * A service that does not reach Redis seals with the key that it knows until its ceiling, and what it
 * seals then would be lost.
 *
 * @throws SealstreamError USAGE
 */
function requireSettled(
  { dataset, key, purpose, settled }: Options,
  keysets: readonly ListedKeyset[],
): void {
  const keyset = keysets.find(({ name }) => name === `${purpose}/${dataset}`);
  const keys = keyset?.keys ?? [];
  const ended = keys.find(({ id }) => id === key);
  const follows = keys.find(
    ({ algorithm, state }) => state === 'active' && algorithm === ended?.algorithm,
  );
  // A key can be made long before it seals, where a rotation was cut; it seals since the last change
  // at the latest.
  const since = [follows?.created, keyset?.changed].map((time) => Date.parse(time ?? ''));
  const ageMs = Date.now() - Math.max(...since);
  if (ended?.state !== 'decrypt-only' || ageMs >= settled) return;
  throw new SealstreamError(
    'USAGE',
    { dataset, key, follows: follows?.id ?? '' },
    'It was rotated away so lately that a service may still seal with it: wait, see --settled.',
  );
}

/** Records on the dataset's own topics that name the key. A topic that is not there has none. */
async function recordsUnder(
  context: Context,
  bus: Bus,
  dataset: Dataset,
  keyId: string,
): Promise<number> {
  const present = await usageTopics(bus, dataset);
  const { terminal } = context;
  const { usage } = await scanUsage(bus, present, new Set([keyId]), { terminal });
  return usage.reduce((sum, { records }) => sum + records, 0);
}

function show({ terminal }: Context, done: DestroyedKey & { readonly records: number }): void {
  if (terminal.json) terminal.sayJson(done);
  else terminal.say(`${done.name}  version ${done.version}  ${done.keyId}  ${done.action}`);
}
