import type { Bus } from '@sealstream/bus';
import { KEYSET_PURPOSES, type Purpose, SealstreamError } from '@sealstream/contracts';
import type { KeysetAdmin, KeysetChange, ListedKeyset } from '@sealstream/keyring';
import type { Dataset } from '@sealstream/policy';
import { type Due, DUE_AGE_MS, DUE_USES, kindsOf, type KeyKind, whyDue } from '@sealstream/service';
import { Option } from 'commander';

import type { CliAudit } from '../cli-audit.ts';
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

interface Options extends PolicyOptions, KeyOptions, CommonOptions {
  readonly purpose?: Purpose;
  readonly dataset?: string;
  readonly missing?: boolean;
  readonly due?: boolean;
  readonly maxAge?: number;
  readonly maxUses?: number;
  readonly epochDir?: string;
}

/** A change, and with --due why it was made. */
type Made = KeysetChange & { readonly algorithm?: string; readonly why?: Due };

/** What is made per dataset: its keysets, and the register of its subjects when it has any. */
const ALL_PURPOSES: readonly Purpose[] = [...KEYSET_PURPOSES, 'subject'];

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
    '`subjects rotate-epoch` rotates.',
  options: [
    new Option('--purpose <purpose>', 'only keys of this purpose (default: all)').choices(
      ALL_PURPOSES,
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
  ],
  examples: [
    ['sealstream keys rotate', 'every purpose of every dataset'],
    ['sealstream keys rotate --missing', 'only what a new dataset still lacks'],
    ['sealstream keys rotate --due --max-age 30d', 'for a timer: only what is due, and why'],
    ['sealstream keys rotate --purpose field --dataset people', 'the keys that seal fields'],
  ],
  run: async (context, options) => {
    requireDue(options);
    const asked = options.purpose === undefined ? ALL_PURPOSES : [options.purpose];
    const purposes = asked.filter((purpose) => purpose !== 'subject');
    const datasets = datasetsOf(context, options);
    const changes = await withBus(context, async (bus, audit) => {
      await audit.check();
      const admin = await openAdmin(context, bus, options, purposes);
      const made: Made[] = [];
      try {
        const listed = options.due === true ? await admin.list() : [];
        for (const dataset of datasets) {
          for (const kind of purposes.flatMap((purpose) => kindsOf(purpose, dataset)))
            await note(
              audit,
              made,
              dataset,
              kind,
              await changed(admin, dataset, kind, listed, options),
            );
          if (dataset.subject !== undefined && asked.includes('subject')) {
            const kind = { purpose: 'subject', rotates: false } as const;
            const ensured = await ensuredSubjects(context, bus, dataset.name, options);
            await note(audit, made, dataset, kind, ensured);
          }
        }
      } finally {
        admin.stop();
      }
      return made;
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

function requireDue({ due, maxAge, maxUses }: Options): void {
  if (due === true || (maxAge === undefined && maxUses === undefined)) return;
  throw new SealstreamError('USAGE', { option: '--due' }, 'A limit goes with --due.');
}

async function note(
  audit: CliAudit,
  made: Made[],
  { name: dataset }: Dataset,
  { algorithm, purpose }: KeyKind,
  change: Made,
): Promise<void> {
  const { action, keyId, version, why } = change;
  const more = { ...(algorithm && { algorithm }), ...(why && { why }) };
  made.push({ ...change, ...more });
  if (action === 'unchanged') return;
  const type = action === 'created' ? 'key-created' : 'key-rotated';
  await audit.tell({ type, dataset, details: { purpose, keyId, version, ...more } });
}

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

async function changed(
  admin: KeysetAdmin,
  { name: dataset }: Dataset,
  kind: KeyKind,
  listed: readonly ListedKeyset[],
  { due, maxAge = DUE_AGE_MS, maxUses = DUE_USES, missing, purpose: asked }: Options,
): Promise<Made> {
  const { algorithm, purpose, rotates } = kind;
  if (missing === true) return admin.ensure(purpose, dataset, algorithm);
  if (due === true) {
    const keyset = listed.find(({ name }) => name === `${purpose}/${dataset}`);
    const why = whyDue(keyset, kind, { ageMs: maxAge, uses: maxUses }, Date.now());
    if (why === undefined) return admin.ensure(purpose, dataset, algorithm);
    return { ...(await admin.createOrRotate(purpose, dataset, algorithm)), why };
  }
  // A whole purpose that never rotates was asked for by name: that is told, and not passed over.
  const isRefused = asked !== undefined && asked !== 'field';
  if (!rotates && !isRefused) return admin.ensure(purpose, dataset, algorithm);
  return admin.createOrRotate(purpose, dataset, algorithm).catch((error: unknown) => {
    const isNever = error instanceof SealstreamError && error.code === 'USAGE';
    if (!isNever) throw error;
    throw new SealstreamError(
      'USAGE',
      { purpose, dataset },
      'Keys of this purpose are made once and never rotate: hashes of old and new records would ' +
        'no longer match, and every join on them would break. See `sealstream keys new-epoch`.',
    );
  });
}
