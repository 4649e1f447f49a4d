import { openGrantResolver, type GrantResolver, readPublicKeyFile } from '@sealstream/keyring';
import { type OpenedService, redisTlsCa, type ServiceKeys } from '@sealstream/service';

import type { AccessConfig } from './config.ts';

/** Opens what answers consumers who ask for keys of single persons. Throws REDIS_UNREACHABLE. */
export async function openServedGrants(
  service: OpenedService<AccessConfig>,
  keys: ServiceKeys,
): Promise<GrantResolver> {
  const { config, onStop, telemetry } = service;
  const resolver = await openGrantResolver({
    redisUrl: config.redisUrl.reveal(),
    redisTlsCa: redisTlsCa(config),
    prefix: config.namePrefix,
    logger: telemetry.logger,
    signerPublicKey: readPublicKeyFile(config.signerPublicKeyFile),
    allowUnlocked: config.allowUnlocked,
    subjects: (dataset) => keys.subjects(dataset),
  });
  onStop('grants', async () => resolver.stop());
  return resolver;
}
