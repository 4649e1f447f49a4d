import type { Counter, Metrics } from '@sealstream/service';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The service's own metrics. */
export interface AccessMetrics {
  /** Of ServerOptions. Routes are those of the table, never the path that was asked for. */
  readonly onAnswer: (route: string, status: number, seconds: number) => void;
  /** Of FlowStreamsOptions. */
  readonly onOpen: (streams: number) => void;
  readonly signIns: Counter<'by' | 'outcome'>;
}

/** What access tells of itself; names and labels are those of docs/metrics.md. */
export function accessMetrics({ counter, gauge, histogram }: Metrics): AccessMetrics {
  const requests = counter(
    'sealstream_access_requests_total',
    'Requests by route (method and path of the table) and HTTP status.',
    ['route', 'status'],
  );
  const seconds = histogram(
    'sealstream_access_request_seconds',
    'From a request to the end of its answer.',
    ['route'],
    SECONDS,
  );
  const streams = gauge('sealstream_access_streams', 'Open streams of the flow.', []);
  return {
    onAnswer: (route, status, tookSeconds) => {
      requests.inc({ route, status: String(status) });
      // A stream lasts as long as its client likes.
      if (!route.endsWith('/stream')) seconds.observe({ route }, tookSeconds);
    },
    onOpen: (open) => streams.set(open),
    /** outcome is signed-in, refused, throttled, shed or reused. */
    signIns: counter(
      'sealstream_access_sign_ins_total',
      'Tries to get in, by way and outcome (signed-in, refused, throttled, shed, reused).',
      ['by', 'outcome'],
    ),
  };
}
