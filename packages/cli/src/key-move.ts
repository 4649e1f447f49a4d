import { type Purpose, SealstreamError } from '@sealstream/contracts';
import type { KeyMove } from '@sealstream/key-care';
import { KEY_PROVIDERS, type KeysetAdmin } from '@sealstream/keyring';
import { type KeyProviderConfig, nextKeys } from '@sealstream/service';
import { Option } from 'commander';

/** Where keysets shall move to; what is not given is as the settings _NEXT say. */
export interface MoveOptions {
  readonly toProvider?: string;
  readonly toKeyDir?: string;
  readonly toKmsKey?: string;
  readonly toPkcs11Key?: string;
}

/** A move under way, with the side that changes keysets: whoever opens it stops it. */
export interface Move extends KeyMove {
  readonly admin: KeysetAdmin;
}

export function moveOptions(): Option[] {
  const setting = (name: string) => `(default: SEALSTREAM_${name}_NEXT)`;
  return [
    new Option(
      '--to-provider <provider>',
      `where the new outermost keys are ${setting('KEY_PROVIDER')}`,
    ).choices(KEY_PROVIDERS),
    new Option('--to-key-dir <dir>', `directory of the new key files ${setting('KEY_DIR')}`),
    new Option('--to-kms-key <key>', `alias, ARN or id of the new KMS key ${setting('KMS_KEY')}`),
    new Option('--to-pkcs11-key <label>', `label of the new key ${setting('PKCS11_KEY')}`),
  ];
}

/**
 * The outermost keys that keysets move to.
 *
 * @throws SealstreamError USAGE when nothing says where to; CONFIG_INVALID
 */
export function targetOf(
  config: KeyProviderConfig,
  options: MoveOptions,
  purposes: readonly Purpose[],
): Pick<Move, 'provider' | 'to'> {
  const moved = {
    ...config,
    keyProviderNext: options.toProvider ?? config.keyProviderNext,
    keyDirNext: options.toKeyDir ?? config.keyDirNext,
    kmsKeyNext: options.toKmsKey ?? config.kmsKeyNext,
    pkcs11KeyNext: options.toPkcs11Key ?? config.pkcs11KeyNext,
  };
  const next = nextKeys(moved, purposes);
  if (next === undefined)
    throw new SealstreamError(
      'USAGE',
      {},
      'Say where to: --to-provider, or another key of the same one with --to-key-dir, --to-kms-key ' +
        'or --to-pkcs11-key.',
    );
  return { to: next, provider: moved.keyProviderNext ?? config.keyProvider };
}
