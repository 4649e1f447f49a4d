import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { factsOf, type ProblemFacts } from './api/api-problem.ts';

/** What a page asked for: not there yet, there, or why not. */
export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly problem: ProblemFacts };

export interface Loading<T> {
  readonly loaded: Loaded<T>;
  /** Asks again; what is shown stays until the answer is there. */
  readonly reload: () => void;
}

/** Asks when `key` changes and on `reload`; an answer that was overtaken by another is dropped. */
export function useLoaded<T>(key: string, ask: () => Promise<T>): Loading<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' });
  const turn = useRef(0);
  const latestAsk = useRef(ask);
  latestAsk.current = ask;
  const reload = useCallback(() => {
    const mine = ++turn.current;
    const show = (next: Loaded<T>) => {
      if (mine === turn.current) setLoaded(next);
    };
    latestAsk
      .current()
      .then((value) => show({ state: 'ready', value }))
      .catch((error: unknown) => show({ state: 'failed', problem: factsOf(error) }));
  }, []);
  useEffect(() => {
    setLoaded({ state: 'loading' });
    reload();
    return () => {
      turn.current += 1;
    };
  }, [key, reload]);
  return { loaded, reload };
}
