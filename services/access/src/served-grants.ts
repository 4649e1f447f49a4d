import { SealstreamError } from '@sealstream/contracts';
import {
  type GrantAdmin,
  openGrantAdmin,
  openGrantResolver,
  readPublicKeyFile,
  readSignerFile,
} from '@sealstream/keyring';
import {
  grantEvent,
  KafkaKeysetHeads,
  type OpenedService,
  outermostKeys,
  redisTlsCa,
  type ServiceKeys,
} from '@sealstream/service';

import type { AccessParts } from './access-parts.ts';
import { type AccessConfig, SETTINGS } from './config.ts';
import { changingRedis } from './signed-changes.ts';
import type { ToldAccess } from './told-access.ts';

type Service = OpenedService<AccessConfig>;

/**
 * Opens what answers consumers who ask for keys of single persons, and what makes and revokes grants where
 * the service was given the signer.
 *
 * @throws SealstreamError REDIS_UNREACHABLE, KEY_FILE_*
 */
export async function openServedGrants(
  service: Service,
  keys: ServiceKeys,
  told: Pick<ToldAccess, 'written'>,
): Promise<Pick<AccessParts, 'resolver' | 'grantAdmin' | 'tellGrant'>> {
  const { config, onStop } = service;
  const resolver = await openGrantResolver({
    ...sharedOptions(service),
    redisUrl: config.redisUrl.reveal(),
    signerPublicKey: readPublicKeyFile(config.signerPublicKeyFile),
    subjects: (dataset) => keys.subjects(dataset),
  });
  onStop('grants', async () => resolver.stop());
  const admin = await openSigning(service);
  return {
    resolver,
    grantAdmin: () => {
      if (admin !== undefined) return admin;
      const { env } = SETTINGS.signerKeyFile;
      const hint = 'Give the service the private key of the signer, or use `sealstream grants`.';
      throw new SealstreamError('KEY_FILE_MISSING', { setting: env }, hint);
    },
    tellGrant: (type, record, actor) => told.written({ ...grantEvent(type, record), actor }),
  };
}

async function openSigning(service: Service): Promise<GrantAdmin | undefined> {
  const { bus, config, onStop } = service;
  const { signerKeyFile } = config;
  if (signerKeyFile === undefined) return undefined;
  const admin = await openGrantAdmin({
    ...sharedOptions(service),
    redisUrl: changingRedis(config),
    provider: outermostKeys(config, ['field']),
    signer: readSignerFile(signerKeyFile),
    heads: new KafkaKeysetHeads(bus),
  });
  onStop('grant signer', async () => admin.stop());
  return admin;
}

function sharedOptions({ config, telemetry }: Service) {
  return {
    redisTlsCa: redisTlsCa(config),
    prefix: config.namePrefix,
    logger: telemetry.logger,
    allowUnlocked: config.allowUnlocked,
  };
}
