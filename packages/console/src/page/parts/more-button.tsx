import type { Listed } from '../listed.ts';
import { ProblemNote } from './problem-note.tsx';

interface Props<T> {
  readonly list: Listed<T>;
  /** On the button; of lists with the newest first if absent. */
  readonly words?: string;
}

/** Asks for the rest of a list; nothing at its end. */
export function MoreButton<T>({ list, words = 'Show older' }: Props<T>) {
  return (
    <>
      {list.moreProblem === undefined ? null : <ProblemNote problem={list.moreProblem} />}
      {list.more === undefined ? null : (
        <button type="button" class="button" disabled={list.isLoadingMore} onClick={list.more}>
          {list.isLoadingMore ? 'Loading …' : words}
        </button>
      )}
    </>
  );
}
