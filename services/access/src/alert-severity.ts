import type { AlertEvent } from '@sealstream/contracts';

/** How soon somebody should look: at once, or on the same day. As in deploy/prometheus/rules.yml. */
export const SEVERITIES = ['critical', 'warning'] as const;

export const SEVERITY: Readonly<Record<AlertEvent['rule'], (typeof SEVERITIES)[number]>> = {
  'throughput-stopped': 'critical',
  lag: 'warning',
  'service-down': 'critical',
  'audit-gap': 'critical',
  'undeclared-personal-data': 'warning',
  'unknown-schema-fields': 'warning',
  'audit-stale': 'critical',
  'stage-paused': 'critical',
  'missing-outcome': 'critical',
  'break-glass': 'critical',
};
