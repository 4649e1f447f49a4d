import type { Bus } from '@sealstream/bus';
import { auditTopic } from '@sealstream/contracts';
import { auditEventOf } from '@sealstream/service';

import { CLI_SETTINGS } from '../cli-settings.ts';
import type { Context } from '../context.ts';

/** Three heartbeats of a service. */
const SILENCE_MS = 90_000;
/** A hint is not worth more. */
const PATIENCE_MS = 2000;

/**
 * Says on stderr that there is an access to go through, where its last event is young and the command
 * does not. Who may not read its audit topic is told nothing.
 */
export async function noteRunningAccess(
  context: Context,
  bus: Pick<Bus, 'admin' | 'read'>,
): Promise<void> {
  const { command, terminal } = context;
  const { env } = CLI_SETTINGS.accessUrl;
  if (context.config().accessUrl !== undefined) return;
  const isRunning = await isAccessRunning(bus).catch(() => false);
  if (!isRunning) return;
  const hint = `a service access runs here: with ${env} set, this goes through it, by your own roles`;
  terminal.note(hint, { note: 'access-runs', command });
}

/** By the last event of any of its replicas. */
async function isAccessRunning(bus: Pick<Bus, 'admin' | 'read'>): Promise<boolean> {
  const topic = auditTopic('access');
  const end = await bus.admin.offset(topic, 0, 'latest');
  if (end === 0n) return false;
  const starts = [{ topic, partition: 0, offset: end - 1n }];
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let isYoung = false;
  for await (const { records } of bus.read({ starts, until: 'end', signal }))
    for (const { timestamp, value } of records)
      isYoung =
        Date.now() - Number(timestamp) < SILENCE_MS &&
        auditEventOf(value)?.type !== 'service-stopped';
  return isYoung;
}
