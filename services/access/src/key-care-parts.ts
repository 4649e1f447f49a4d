import { openSubjectReader, readPublicKeyFile } from '@sealstream/keyring';
import { type OpenedService, redisTlsCa, type ServiceKeys } from '@sealstream/service';

import type { AccessParts } from './access-parts.ts';
import type { AccessConfig } from './config.ts';
import { KeyDesk } from './key-desk.ts';
import { SignedChanges } from './signed-changes.ts';
import { SubjectDesk } from './subject-desk.ts';
import type { ToldAccess } from './told-access.ts';
import { TopicScans } from './topic-scans.ts';

/** What the desks of keys and of persons share with the rest of the service. */
interface SharedParts extends Pick<AccessParts, 'keysets'> {
  readonly keys: Pick<ServiceKeys, 'refresh'>;
  readonly told: Pick<ToldAccess, 'written'>;
}

/**
 * Opens the desks at which keys and persons are looked after.
 *
 * @throws SealstreamError REDIS_UNREACHABLE, KEY_FILE_* of the signer
 */
export async function openKeyCare(
  service: OpenedService<AccessConfig>,
  { keys, keysets, told }: SharedParts,
): Promise<Pick<AccessParts, 'keyDesk' | 'subjectDesk'>> {
  const { bus, config, onStop, telemetry } = service;
  const reader = await openSubjectReader({
    redisUrl: config.redisUrl.reveal(),
    redisTlsCa: redisTlsCa(config),
    prefix: config.namePrefix,
    logger: telemetry.logger,
    signerPublicKey: readPublicKeyFile(config.signerPublicKeyFile),
  });
  onStop('subjects shown', async () => reader.stop());
  const shared = {
    changes: new SignedChanges(service),
    tellAs: (actor: string) => (note: Parameters<ToldAccess['written']>[0]) =>
      told.written({ ...note, actor }),
    refresh: () => keys.refresh(),
  };
  const scans = new TopicScans({ most: config.keyScans, timeMs: config.keyScanMs });
  return {
    keyDesk: new KeyDesk({ ...shared, keysets, bus, scans, settledMs: config.keySettledMs }),
    subjectDesk: new SubjectDesk({ ...shared, reader }),
  };
}
