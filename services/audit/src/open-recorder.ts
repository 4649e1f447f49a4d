import { setTimeout as sleep } from 'node:timers/promises';

import { type AuditKey, LogWriter, readSourceState, type SourceState } from '@sealstream/audit-log';
import { SealstreamError } from '@sealstream/contracts';
import type { OpenedService } from '@sealstream/service';

import { CheckpointPublisher } from './checkpoint-publisher.ts';
import type { AuditConfig } from './config.ts';
import { loadContinuity, saveContinuity } from './continuity-file.ts';
import { EventsToLog } from './events-to-log.ts';
import { auditMetrics } from './metrics.ts';
import { gapDetails, GAPS_MAX, OwnEvents } from './own-events.ts';
import { Recorder } from './recorder.ts';

const RETRY_MS = 1000;
const WAIT = 'audit log';

type Service = Pick<OpenedService<AuditConfig>, 'audit' | 'bus' | 'config' | 'fail' | 'telemetry'>;

/**
 * Opens the log, finds out where reading goes on and what each emitter said last.
 *
 * @throws AUDIT_LOG_LOCKED, AUDIT_LOG_CORRUPT, FILE_UNREADABLE, DISK_FULL
 */
export async function openRecorder(
  service: Service,
  { signer, vkey }: AuditKey,
  emitter: string,
): Promise<{ recorder: Recorder; state: SourceState }> {
  const { audit, bus, config, fail, telemetry } = service;
  const { health, logger, metrics } = telemetry;
  const dir = config.auditDir;
  const { name: origin } = signer;
  const log = await openUnlocked(service, () => LogWriter.open({ dir, signer }));
  try {
    const state = await readSourceState(dir, vkey);
    const { continuity, findings } = await loadContinuity(dir, vkey, { origin, size: log.size });
    const recorder = new Recorder({
      log,
      transform: new EventsToLog(continuity, new OwnEvents(emitter), state),
      publisher: new CheckpointPublisher({ bus, origin, logger, health }),
      audit,
      metrics: auditMetrics(metrics),
      logger,
      beatMs: config.auditBeatMs,
      signMs: config.auditSignMs,
      onBeat: (size) => saveContinuity(dir, { origin, size, state: continuity.state() }),
      onFailed: fail,
    });
    // What a crash may have kept from being told; the log has it already.
    const untold = findings.filter(({ kind }) => kind !== 'event-invalid');
    for (const finding of untold.slice(0, GAPS_MAX)) recorder.tellGap(gapDetails(finding));
    logger.info({ count: log.size }, 'the log is open');
    return { recorder, state };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/**
 * A lock left by a killed process in another container counts for half a minute: that is waited
 * for, within the time that a start may wait.
 */
async function openUnlocked(
  { config, telemetry }: Service,
  open: () => Promise<LogWriter>,
): Promise<LogWriter> {
  const deadlineMs = performance.now() + config.startWaitMs;
  for (;;) {
    try {
      const log = await open();
      telemetry.health.met(WAIT);
      return log;
    } catch (error) {
      const isLocked = error instanceof SealstreamError && error.code === 'AUDIT_LOG_LOCKED';
      if (!isLocked || performance.now() + RETRY_MS > deadlineMs) throw error;
      telemetry.health.waitFor(WAIT, error.code);
      await sleep(RETRY_MS);
    }
  }
}
