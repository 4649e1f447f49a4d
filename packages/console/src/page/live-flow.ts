import { useEffect, useReducer, useState } from 'preact/hooks';
import type { Flow } from './api/answers.ts';
import type { ApiClient } from './api/api-client.ts';
import { factsOf } from './api/api-problem.ts';
import { type History, withSample } from './api/flow-history.ts';
import { type Feed, FIRST_FEED, nextFeed } from './api/live-feed.ts';

const CLOCK_MS = 1000;
/** Statuses after which asking again by itself would change nothing. */
const REFUSED = [401, 403, 404];

export interface LiveFlow {
  readonly feed: Feed;
  readonly history: History;
}

/**
 * The flow as the service tells it each second. EventSource tells no status of a refusal, so after a
 * stream breaks the same facts are asked for once without a stream: that answer says why.
 */
export function useLiveFlow(api: ApiClient): LiveFlow {
  const [feed, tell] = useReducer(nextFeed, FIRST_FEED);
  const [history, setHistory] = useState<History>(() => new Map());
  const { broken, retryMs, status } = feed;
  const isEnded = status === 'ended';

  useEffect(() => {
    if (isEnded) return undefined;
    const take = (flow: Flow) => {
      tell({ type: 'flow', flow, now: Date.now() });
      setHistory((before) => withSample(before, flow));
    };
    let source: EventSource | undefined;
    let isLeft = false;
    const asksWhy = async (): Promise<void> => {
      const random = Math.random();
      try {
        await api.get<Flow>('/v1/flow');
        if (!isLeft) tell({ type: 'broken', random });
      } catch (error) {
        const problem = factsOf(error);
        if (isLeft) return;
        if (REFUSED.includes(problem.status)) tell({ type: 'refused', problem });
        else tell({ type: 'broken', random, problem });
      }
    };
    const connect = () => {
      tell({ type: 'opening', now: Date.now() });
      source = new EventSource('/v1/flow/stream');
      source.addEventListener('flow', ({ data }: MessageEvent<string>) => {
        try {
          take(JSON.parse(data) as Flow);
        } catch {
          source?.close();
          void asksWhy();
        }
      });
      source.addEventListener('error', () => {
        source?.close();
        void asksWhy();
      });
    };
    const timer = setTimeout(connect, retryMs);
    const clock = setInterval(() => tell({ type: 'clock', now: Date.now() }), CLOCK_MS);
    return () => {
      isLeft = true;
      source?.close();
      clearTimeout(timer);
      clearInterval(clock);
    };
    // Each break begins a connection anew; retryMs goes back to 0 with the first event, which must not.
  }, [api, broken, isEnded]);
  return { feed, history };
}
