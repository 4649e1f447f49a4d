import type { Counter, Gauge, Histogram, Metrics } from '@sealstream/service';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface AccessMetrics {
  readonly requests: Counter<'route' | 'status'>;
  readonly seconds: Histogram<'route'>;
  readonly signIns: Counter<'by' | 'outcome'>;
  readonly streams: Gauge;
}

/** What access tells of itself; names and labels are those of docs/metrics.md. */
export function accessMetrics({ counter, gauge, histogram }: Metrics): AccessMetrics {
  return {
    requests: counter('sealstream_access_requests_total', 'Answers by route and status.', [
      'route',
      'status',
    ]),
    seconds: histogram(
      'sealstream_access_request_seconds',
      'From the head of a request to the end of its answer.',
      ['route'],
      SECONDS,
    ),
    signIns: counter(
      'sealstream_access_sign_ins_total',
      'Tries to get in, by way and outcome (signed-in, refused, throttled, shed, reused, unlinked, away).',
      ['by', 'outcome'],
    ),
    streams: gauge('sealstream_access_streams', 'Open streams of the flow.', []),
  };
}

/** One answer. A stream lasts as long as its client likes, so its time says nothing. */
export function observe(
  metrics: Pick<AccessMetrics, 'requests' | 'seconds'>,
  route: string,
  status: number,
  seconds: number,
): void {
  metrics.requests.inc({ route, status: String(status) });
  if (!route.endsWith('/stream')) metrics.seconds.observe({ route }, seconds);
}
