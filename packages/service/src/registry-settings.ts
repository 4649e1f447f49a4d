import { readFileSync } from 'node:fs';
import { certificateFacts } from '@sealstream/certificates';
import { SealstreamError } from '@sealstream/contracts';
import { openRegistry, type RegistryClient } from '@sealstream/registry';
import type { Config } from './setting.ts';
import { ConfigError } from './settings.ts';

/** What whoever reads schemas can be told. */
export const REGISTRY_SETTINGS = {
  registryUrl: {
    env: 'SCHEMA_REGISTRY_URL',
    type: 'url',
    optional: true,
    meaning:
      "The schema registry, where Confluent's interface begins; needed for formats other than json.",
  },
  registryUsername: {
    env: 'SEALSTREAM_SCHEMA_REGISTRY_USERNAME',
    type: 'string',
    optional: true,
    meaning: 'User name at the registry.',
  },
  registryPassword: {
    env: 'SEALSTREAM_SCHEMA_REGISTRY_PASSWORD',
    type: 'secret',
    optional: true,
    meaning: 'Password of that user.',
  },
  registryTlsCaFile: {
    env: 'SEALSTREAM_SCHEMA_REGISTRY_TLS_CA_FILE',
    type: 'path',
    optional: true,
    meaning:
      "PEM file of the authorities to trust with an https: registry instead of the system's.",
  },
} as const;

export type RegistryConfig = Config<typeof REGISTRY_SETTINGS>;

/**
 * A client of the registry that the settings name; it connects when it is asked. Undefined when they
 * name none.
 *
 * @throws ConfigError when settings contradict each other
 * @throws SealstreamError FILE_UNREADABLE for the authorities; CERTIFICATE_INVALID when the file has none
 */
export function openSchemaRegistry(config: RegistryConfig): RegistryClient | undefined {
  const { registryPassword, registryTlsCaFile, registryUrl, registryUsername } = config;
  if ((registryUsername === undefined) !== (registryPassword === undefined))
    throw new ConfigError([
      {
        setting: REGISTRY_SETTINGS.registryUsername.env,
        problem: 'needs a password, and a password it',
      },
    ]);
  if (registryUrl === undefined) return undefined;
  const { password, protocol, username } = new URL(registryUrl);
  if (username !== '' || password !== '' || !/^https?:$/.test(protocol))
    throw new ConfigError([
      {
        setting: REGISTRY_SETTINGS.registryUrl.env,
        problem:
          'must be http: or https:, without user and password; they are settings of their own',
      },
    ]);
  if (registryTlsCaFile !== undefined && protocol !== 'https:')
    throw new ConfigError([
      {
        setting: REGISTRY_SETTINGS.registryTlsCaFile.env,
        problem: 'needs an https: address of the registry',
      },
    ]);
  return openRegistry({
    url: registryUrl,
    ...(registryTlsCaFile !== undefined && { tlsCa: readAuthorities(registryTlsCaFile) }),
    ...(registryUsername !== undefined &&
      registryPassword !== undefined && {
        user: { name: registryUsername, password: registryPassword.reveal() },
      }),
  });
}

function readAuthorities(file: string): string {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
  // With a file of something else TLS would trust nobody, and say so far from here.
  try {
    certificateFacts(pem);
  } catch {
    throw new SealstreamError('CERTIFICATE_INVALID', { file, problem: 'no certificate in PEM' });
  }
  return pem;
}
