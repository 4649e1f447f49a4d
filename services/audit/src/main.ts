/** audit: audit.events.* in, the tamper-evident log out. */
import { hostname } from 'node:os';

import { readAuditKey } from '@sealstream/audit-log';
import { auditTopic, SERVICES } from '@sealstream/contracts';
import { isEntry, openService, readConfig, runService, type Stop } from '@sealstream/service';

import { SETTINGS } from './config.ts';
import { openRecorder } from './open-recorder.ts';
import { SourceReader } from './source-reader.ts';

/** Whose events are logged: every service and the command line. */
const TOPICS = [...SERVICES, 'cli'].map(auditTopic);

export async function start(env: NodeJS.ProcessEnv): Promise<Stop> {
  const config = readConfig(SETTINGS, env);
  const key = await readAuditKey(config.auditKeyFile);
  const service = await openService('audit', config);
  const { bus, onStop, ready, stop, telemetry } = service;
  const emitter = `audit/${config.instance ?? `${hostname()}-${process.pid}`}`;
  try {
    const { recorder, state } = await openRecorder(service, key, emitter);
    onStop('log', () => recorder.stop(config.drainMs / 2));
    const lookMs = config.auditLookMs;
    const reader = new SourceReader({ bus, topics: TOPICS, state, recorder, lookMs, ...telemetry });
    onStop('reader', () => reader.stop());
    await recorder.start();
    reader.start();
  } catch (error) {
    await stop();
    throw error;
  }
  ready();
  return stop;
}

if (isEntry(import.meta)) await runService('audit', start);
