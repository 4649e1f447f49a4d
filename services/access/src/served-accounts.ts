import { type Accounts, openAccounts } from '@sealstream/accounts';
import { SealstreamError } from '@sealstream/contracts';
import { type OpenedService, redisTlsCa, untilAvailable } from '@sealstream/service';

import { type AccessConfig, SETTINGS } from './config.ts';

/** 256 bits in base64url. */
const SECRET_CHARACTERS_MIN = 43;

/**
 * Opens the accounts of the service, and waits for Redis up to startWaitMs.
 *
 * @throws SealstreamError CONFIG_INVALID for a short secret, REDIS_UNREACHABLE, REDIS_REFUSED
 */
export async function openServedAccounts(service: OpenedService<AccessConfig>): Promise<Accounts> {
  const { config, onStop, telemetry } = service;
  const secret = Buffer.from(config.accessSecret.reveal());
  if (secret.length < SECRET_CHARACTERS_MIN) {
    const { env } = SETTINGS.accessSecret;
    throw new SealstreamError('CONFIG_INVALID', { setting: env, characters: secret.length });
  }
  const accounts = await untilAvailable(
    async () => {
      const opened = await openAccounts({
        redisUrl: (config.accountsRedisUrl ?? config.redisUrl).reveal(),
        redisTlsCa: redisTlsCa(config),
        prefix: config.namePrefix,
        logger: telemetry.logger,
        signIn: { secret },
      });
      try {
        // Whether its user may read there shows now, and not at the first sign-in.
        await opened.users.find('access');
        return opened;
      } catch (error) {
        await opened.stop();
        throw error;
      }
    },
    {
      waitMs: config.startWaitMs,
      onWait: ({ code }) => telemetry.health.waitFor('accounts', code),
    },
  );
  telemetry.health.met('accounts');
  onStop('accounts', () => accounts.stop());
  return accounts;
}
