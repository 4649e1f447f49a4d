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
} as const;

export type RegistryConfig = Config<typeof REGISTRY_SETTINGS>;

/**
 * A client of the registry that the settings name; it connects when it is asked. Undefined when they
 * name none.
 *
 * @throws ConfigError when settings contradict each other
 */
export function openSchemaRegistry(config: RegistryConfig): RegistryClient | undefined {
  const { registryPassword, registryUrl, registryUsername } = config;
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
  return openRegistry({
    url: registryUrl,
    ...(registryUsername !== undefined &&
      registryPassword !== undefined && {
        user: { name: registryUsername, password: registryPassword.reveal() },
      }),
  });
}
