import type { Metrics } from '@sealstream/service';

/** The service's own metrics. */
export interface AccessMetrics {
  /** Of ServerOptions. Routes are those of the table, never the path that was asked for. */
  readonly onAnswer: (route: string, status: number, seconds: number) => void;
  /** Of FlowStreamsOptions. */
  readonly onOpen: (streams: number) => void;
}

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
  );
  const streams = gauge('sealstream_access_streams', 'Open streams of the flow.', []);
  return {
    onAnswer: (route, status, tookSeconds) => {
      requests.inc({ route, status: String(status) });
      // A stream lasts as long as its client likes.
      if (!route.endsWith('/stream')) seconds.observe({ route }, tookSeconds);
    },
    onOpen: (open) => streams.set(open),
  };
}
