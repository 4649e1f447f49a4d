import { isDeepStrictEqual } from 'node:util';

import type { Purpose } from '@sealstream/contracts';
import {
  eitherProvider,
  KEY_PROVIDERS,
  keyProvider,
  type KeyProviderName,
  type KeyProviderOptions,
  type OutermostKeys,
} from '@sealstream/keyring';

import type { Config } from './setting.ts';
import { ConfigError } from './settings.ts';

/** Where the outermost keys are, and where they will be once keysets were moved. */
export const KEY_PROVIDER_SETTINGS = {
  keyProvider: {
    env: 'SEALSTREAM_KEY_PROVIDER',
    type: 'string',
    choices: KEY_PROVIDERS,
    default: 'file',
    meaning: 'Where the outermost keys are: in files, in AWS KMS, or in an HSM behind PKCS#11.',
  },
  keyDir: {
    env: 'SEALSTREAM_KEY_DIR',
    type: 'path',
    optional: true,
    meaning:
      "With file: directory with `<purpose>.key`, mode 0600, for this service's own purposes only.",
  },
  kmsKey: {
    env: 'SEALSTREAM_KMS_KEY',
    type: 'string',
    unit: 'alias, ARN or id',
    default: 'alias/sealstream-<purpose>',
    meaning: 'With aws-kms: the key; `<purpose>` stands for the purpose.',
  },
  kmsRegion: {
    env: 'SEALSTREAM_KMS_REGION',
    type: 'string',
    optional: true,
    meaning: 'With aws-kms: its region; as the AWS client finds it (AWS_REGION) if absent.',
  },
  kmsEndpoint: {
    env: 'SEALSTREAM_KMS_ENDPOINT',
    type: 'url',
    optional: true,
    meaning: 'With aws-kms: a private endpoint, https; that of the region if absent.',
  },
  pkcs11Module: {
    env: 'SEALSTREAM_PKCS11_MODULE',
    type: 'path',
    optional: true,
    meaning: "With pkcs11: the maker's PKCS#11 library.",
  },
  pkcs11Token: {
    env: 'SEALSTREAM_PKCS11_TOKEN',
    type: 'string',
    optional: true,
    meaning: 'With pkcs11: label of the token.',
  },
  pkcs11PinFile: {
    env: 'SEALSTREAM_PKCS11_PIN_FILE',
    type: 'path',
    optional: true,
    meaning: 'With pkcs11: file with the PIN, mode 0600; read at each sign-in.',
  },
  pkcs11Key: {
    env: 'SEALSTREAM_PKCS11_KEY',
    type: 'string',
    unit: 'label',
    default: 'sealstream-<purpose>',
    meaning: 'With pkcs11: label of the key; `<purpose>` stands for the purpose.',
  },
  keyProviderNext: {
    env: 'SEALSTREAM_KEY_PROVIDER_NEXT',
    type: 'string',
    choices: KEY_PROVIDERS,
    optional: true,
    meaning: 'While keysets move (`sealstream keys rewrap`): where they move to; it unwraps, too.',
  },
  keyDirNext: {
    env: 'SEALSTREAM_KEY_DIR_NEXT',
    type: 'path',
    optional: true,
    meaning: 'While keysets move to new key files: the directory of those.',
  },
  kmsKeyNext: {
    env: 'SEALSTREAM_KMS_KEY_NEXT',
    type: 'string',
    unit: 'alias, ARN or id',
    optional: true,
    meaning: 'While keysets move to another KMS key: that one.',
  },
  pkcs11KeyNext: {
    env: 'SEALSTREAM_PKCS11_KEY_NEXT',
    type: 'string',
    unit: 'label',
    optional: true,
    meaning: 'While keysets move to another key of the token: the label of that one.',
  },
} as const;

export type KeyProviderConfig = Config<typeof KEY_PROVIDER_SETTINGS>;

/**
 * The outermost keys that the settings name, for these purposes; while keysets move, the next ones
 * unwrap beside them. The one way from settings to a provider, for services and the command.
 *
 * @throws ConfigError when a provider lacks a setting that it needs
 */
export function outermostKeys(
  config: KeyProviderConfig,
  purposes: readonly Purpose[],
): OutermostKeys {
  const present = presentKeys(config, purposes);
  const next = nextKeys(config, purposes);
  return next === undefined ? present : eitherProvider(present, next);
}

/** Those that keysets are under now. @throws ConfigError */
export function presentKeys(
  config: KeyProviderConfig,
  purposes: readonly Purpose[],
): OutermostKeys {
  return keyProvider(optionsOf(config.keyProvider as KeyProviderName, config), purposes);
}

/**
 * Those that keysets move to, when the settings say that they do.
 *
 * @throws ConfigError also when they are the present ones
 */
export function nextKeys(
  config: KeyProviderConfig,
  purposes: readonly Purpose[],
): OutermostKeys | undefined {
  const { keyDirNext, keyProviderNext, kmsKeyNext, pkcs11KeyNext } = config;
  const named = [keyDirNext, keyProviderNext, kmsKeyNext, pkcs11KeyNext];
  if (named.every((setting) => setting === undefined)) return undefined;
  const present = config.keyProvider as KeyProviderName;
  const next = optionsOf((keyProviderNext ?? present) as KeyProviderName, {
    ...config,
    keyDir: keyDirNext ?? config.keyDir,
    kmsKey: kmsKeyNext ?? config.kmsKey,
    pkcs11Key: pkcs11KeyNext ?? config.pkcs11Key,
  });
  if (isDeepStrictEqual(next, optionsOf(present, config)))
    throw new ConfigError([
      {
        setting: KEY_PROVIDER_SETTINGS.keyProviderNext.env,
        problem: 'and the other settings _NEXT name the keys that are the present ones',
      },
    ]);
  return keyProvider(next, purposes);
}

function optionsOf(provider: KeyProviderName, config: KeyProviderConfig): KeyProviderOptions {
  const { keyDir, kmsEndpoint, kmsKey, kmsRegion, pkcs11Key } = config;
  if (provider === 'file')
    return { provider, dir: keyDir ?? lacking(provider, [KEY_PROVIDER_SETTINGS.keyDir.env]) };
  if (provider === 'aws-kms')
    return { provider, key: kmsKey, region: kmsRegion, endpoint: kmsEndpoint };
  const { pkcs11Module: module, pkcs11PinFile: pinFile, pkcs11Token: tokenLabel } = config;
  if (module === undefined || pinFile === undefined || tokenLabel === undefined) {
    const needed = [
      [KEY_PROVIDER_SETTINGS.pkcs11Module.env, module],
      [KEY_PROVIDER_SETTINGS.pkcs11PinFile.env, pinFile],
      [KEY_PROVIDER_SETTINGS.pkcs11Token.env, tokenLabel],
    ] as const;
    return lacking(
      provider,
      needed.flatMap(([env, value]) => (value === undefined ? [env] : [])),
    );
  }
  return { provider, module, pinFile, tokenLabel, key: pkcs11Key };
}

function lacking(provider: KeyProviderName, settings: readonly string[]): never {
  throw new ConfigError(
    settings.map((setting) => ({ setting, problem: `is missing: ${provider} needs it` })),
  );
}
