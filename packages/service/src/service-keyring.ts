import { SealstreamError, SERVICE_PURPOSES, type ServiceName } from '@sealstream/contracts';
import { type Keyring, openKeyring, readPublicKeyFile } from '@sealstream/keyring';
import type { BaseConfig, KeyringConfig } from './base-settings.ts';
import { outermostKeys } from './key-provider-settings.ts';
import { KafkaKeysetHeads } from './keyset-heads.ts';
import type { OpenedService } from './open-service.ts';
import { untilAvailable } from './waiting.ts';

const HEALTH_EVERY_MS = 1000;

/**
 * Opens the keyring of a service with the outermost keys of its own purposes and no other, waits up
 * to startWaitMs until every keyset can be used, and keeps /readyz true about it from then on.
 *
 * @throws SealstreamError KEY_FILE_*, KEY_PROVIDER_*, KEYSET_*, CONFIG_INVALID, MEMORY_NOT_LOCKED,
 *   TOPIC_MISSING, REDIS_UNREACHABLE
 */
export async function openServiceKeyring<C extends BaseConfig & KeyringConfig>(
  name: ServiceName,
  service: OpenedService<C>,
): Promise<Keyring> {
  const { bus, config, onStop, policy, telemetry } = service;
  const { health, logger } = telemetry;
  const purposes = SERVICE_PURPOSES[name];
  const provider = outermostKeys(config, purposes);
  const keyring = await untilAvailable(
    () =>
      openKeyring({
        redisUrl: config.redisUrl.reveal(),
        prefix: config.namePrefix,
        provider,
        purposes,
        datasets: [...policy.datasets.keys()],
        signerPublicKey: readPublicKeyFile(config.signerPublicKeyFile),
        heads: new KafkaKeysetHeads(bus),
        cacheCeilingMs: config.keyCacheCeilingMs,
        pollMs: config.keyPollMs,
        allowUnlocked: config.allowUnlocked,
        logger,
      }),
    { waitMs: config.startWaitMs, onWait: ({ code }) => health.waitFor('keyring', code) },
  );
  onStop('keyring', async () => keyring.stop());
  await readyWithin(keyring, config.startWaitMs, (why) => health.waitFor('keyring', why));
  health.met('keyring');
  const timer = setInterval(() => {
    const [missing] = keyring.health().waitsFor;
    if (missing === undefined) health.met('keyring');
    else health.waitFor('keyring', missing.why);
  }, HEALTH_EVERY_MS).unref();
  onStop('keyring health', async () => clearInterval(timer));
  return keyring;
}

async function readyWithin(
  keyring: Keyring,
  waitMs: number,
  onWait: (why: string) => void,
): Promise<void> {
  const tell = setInterval(() => onWait(firstProblem(keyring)), HEALTH_EVERY_MS);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const place = { waitedForMs: waitMs };
    const why = keyring.health().waitsFor.at(0)?.why ?? 'REDIS_UNREACHABLE';
    late.reject(new SealstreamError(why, place));
  }, waitMs);
  try {
    await Promise.race([keyring.ready(), late.promise]);
  } finally {
    clearInterval(tell);
    clearTimeout(timer);
  }
}

function firstProblem(keyring: Keyring): string {
  const { waitsFor, troubles } = keyring.health();
  return waitsFor.at(0)?.why ?? troubles.at(0)?.why ?? 'REDIS_UNREACHABLE';
}
