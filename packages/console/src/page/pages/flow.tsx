import { useEffect } from 'preact/hooks';
import type { Feed } from '../api/live-feed.ts';
import { useNow } from '../clock.ts';
import { useLiveFlow } from '../live-flow.ts';
import { FlowCharts } from '../parts/flow-charts.tsx';
import { FlowPicture } from '../parts/flow-picture.tsx';
import { Moment } from '../parts/moment.tsx';
import { EmptyNote, LoadingNote } from '../parts/notes.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { Tag } from '../parts/tag.tsx';
import { useSession } from '../session.ts';
import { agoText } from '../words/times.ts';
import type { PageProps } from './page-props.ts';

const CLOCK_MS = 1000;

/** Whether what is on the screen is what happens now, in words. */
function Liveness({ feed }: { readonly feed: Feed }) {
  const now = useNow(CLOCK_MS);
  const { latest, status } = feed;
  const isLive = status === 'live';
  const words = isLive ? 'live' : 'not live';
  return (
    <div class={isLive ? 'liveness' : 'liveness liveness-old'}>
      <Tag tone={isLive ? 'good' : 'bad'}>{words}</Tag>
      {latest === undefined ? null : (
        <span>
          as of <Moment at={latest.at} />
          {isLive ? null : `, ${agoText(latest.at, now)}`}
        </span>
      )}
      {status === 'waiting' || status === 'connecting' ? <span>connecting again …</span> : null}
      {status === 'silent' ? <span>nothing was heard for some seconds</span> : null}
    </div>
  );
}

function useSpokenState(feed: Feed): void {
  const { announce } = useSession();
  const isLive = feed.status === 'live';
  const isKnown = feed.latest !== undefined;
  useEffect(() => {
    if (isKnown) announce(isLive ? 'The flow is live.' : 'The flow is not live.');
  }, [announce, isKnown, isLive]);
}

/** The flow of every dataset, each second. */
export function FlowPage({ dataset: named }: PageProps) {
  const { api, me } = useSession();
  const { feed, history } = useLiveFlow(api);
  useSpokenState(feed);
  const { latest, problem } = feed;
  const note = problem === undefined ? null : <ProblemNote problem={problem} />;
  if (latest === undefined) return note ?? <LoadingNote what="the flow" />;
  const shown = latest.datasets.filter(({ name }) => named === undefined || name === named);
  return (
    <>
      <Liveness feed={feed} />
      {note}
      {shown.length === 0 ? <EmptyNote>The policy has no such dataset.</EmptyNote> : null}
      {shown.map((dataset) => (
        <section key={dataset.name} class="card" aria-label={`Dataset ${dataset.name}`}>
          <h2>{dataset.name}</h2>
          <FlowPicture dataset={dataset} canReadRejects={me.actions.includes('rejects.read')} />
          <FlowCharts dataset={dataset} samples={history.get(dataset.name) ?? []} />
        </section>
      ))}
    </>
  );
}
