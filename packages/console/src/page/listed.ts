import { useEffect, useState } from 'preact/hooks';
import { type ApiClient, withQuery } from './api/api-client.ts';
import type { Page } from './api/answers.ts';
import { factsOf, type ProblemFacts } from './api/api-problem.ts';
import { type Loaded, useLoaded } from './loaded.ts';

export interface Listed<T> {
  readonly loaded: Loaded<readonly T[]>;
  readonly reload: () => void;
  /** Asks for what comes after; undefined at the end of the list. */
  readonly more: (() => void) | undefined;
  readonly isLoadingMore: boolean;
  readonly moreProblem: ProblemFacts | undefined;
}

interface Tail<T> {
  readonly items: readonly T[];
  readonly cursor: string | undefined;
}

/** A list of the API, page after page as the reader asks. */
export function useListed<T>(
  api: ApiClient,
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): Listed<T> {
  const key = withQuery(path, query);
  const { loaded, reload } = useLoaded(key, () => api.get<Page<T>>(key));
  const [tail, setTail] = useState<Tail<T>>();
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [moreProblem, setMoreProblem] = useState<ProblemFacts>();
  useEffect(() => {
    setTail(undefined);
    setMoreProblem(undefined);
  }, [loaded]);

  if (loaded.state !== 'ready')
    return { loaded, reload, more: undefined, isLoadingMore: false, moreProblem: undefined };
  const first = loaded.value;
  const cursor = tail === undefined ? first.cursor : tail.cursor;
  const load = async (next: string): Promise<void> => {
    setLoadingMore(true);
    try {
      const page = await api.get<Page<T>>(withQuery(path, { ...query, cursor: next }));
      setTail({ items: [...(tail?.items ?? []), ...page.items], cursor: page.cursor });
      setMoreProblem(undefined);
    } catch (error) {
      setMoreProblem(factsOf(error));
    } finally {
      setLoadingMore(false);
    }
  };
  return {
    loaded: { state: 'ready', value: [...first.items, ...(tail?.items ?? [])] },
    reload,
    more: cursor === undefined ? undefined : () => void load(cursor),
    isLoadingMore,
    moreProblem,
  };
}
