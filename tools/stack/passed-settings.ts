import type { SettingsTable } from '@sealstream/service';

/** How a service reaches others and is reached, and what it writes: for whoever starts it to say. */
const LINKS = new RegExp(
  '^SEALSTREAM_(KAFKA_\\w+|REDIS_TLS_CA_FILE|SCHEMA_REGISTRY_\\w+|ACCESS_(TLS|CLIENT)_\\w+|' +
    'NAME_PREFIX|LOG_LEVEL)$',
);

/**
 * Of an environment, what a service is to have: all that is not Sealstream's, and of Sealstream's the
 * settings of links that this very service knows, since one that it does not know would stop it.
 */
export function passedSettings(table: SettingsTable, all: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const known = new Set(Object.values(table).flatMap(({ env }) => [env, `${env}_FILE`]));
  const passed = Object.entries(all).filter(
    ([name]) => !name.startsWith('SEALSTREAM_') || (LINKS.test(name) && known.has(name)),
  );
  return Object.fromEntries(passed);
}
