import type { Listed } from '../listed.ts';
import { ProblemNote } from './problem-note.tsx';

/** Asks for the rest of a list; nothing at its end. */
export function MoreButton<T>({ list }: { readonly list: Listed<T> }) {
  return (
    <>
      {list.moreProblem === undefined ? null : <ProblemNote problem={list.moreProblem} />}
      {list.more === undefined ? null : (
        <button type="button" class="button" disabled={list.isLoadingMore} onClick={list.more}>
          {list.isLoadingMore ? 'Loading …' : 'Show older'}
        </button>
      )}
    </>
  );
}
