import { timeText, utcText } from '../words/times.ts';

/** A time in the reader's zone; pointing at it tells UTC. */
export function Moment({ at }: { readonly at: string }) {
  return (
    <time class="figures" dateTime={at} title={utcText(at)}>
      {timeText(at)}
    </time>
  );
}
