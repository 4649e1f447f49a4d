import type { AlertEvent } from '@sealstream/contracts';

import type { AlertTimes } from './alert-state.ts';
import type { AnomalyAlertConfig } from './config.ts';

/** How patient the alerts of a rule are, from the settings. */
export function alertTimes(config: AnomalyAlertConfig, rule: AlertEvent['rule']): AlertTimes {
  const { calmMs, resolveMaxMs, resolveMs } = config;
  const pendingMs: Readonly<Record<AlertEvent['rule'], number>> = {
    'throughput-stopped': config.flowPendingMs,
    lag: config.lagPendingMs,
    'service-down': config.downPendingMs,
    'audit-stale': config.auditPendingMs,
    'stage-paused': config.pausePendingMs,
    // The event itself is the evidence.
    'audit-gap': 0,
    'undeclared-personal-data': 0,
    'unknown-schema-fields': 0,
    // It waited already.
    'missing-outcome': 0,
    'break-glass': 0,
  };
  return { pendingMs: pendingMs[rule], resolveMs, resolveMaxMs, calmMs };
}
