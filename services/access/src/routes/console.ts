import type { Route } from '../route.ts';
import { accesses } from './accesses.ts';
import { acknowledgeAlert, alerts } from './alerts.ts';
import { coverage } from './coverage.ts';
import { flow, flowStream } from './flow.ts';
import { keysets } from './keys.ts';
import { rejects, rejectSummary, replayRejects } from './rejects.ts';

/** The routes that the console is made of, beside those of sessions. */
export const CONSOLE_ROUTES: readonly Route[] = [
  flow,
  flowStream,
  alerts,
  acknowledgeAlert,
  rejects,
  rejectSummary,
  replayRejects,
  keysets,
  accesses,
  coverage,
];
