import type { ComponentChildren } from 'preact';
import type { Loaded } from '../loaded.ts';
import { LoadingNote } from './notes.tsx';
import { ProblemNote } from './problem-note.tsx';

interface Props<T> {
  /** Named in `Loading …`. */
  readonly what: string;
  readonly loaded: Loaded<T>;
  readonly onRetry: () => void;
  readonly children: (value: T) => ComponentChildren;
}

/** The loading and the failed state of whatever was asked for, and its own view once it is there. */
export function ShownWhenLoaded<T>({ children, loaded, onRetry, what }: Props<T>) {
  if (loaded.state === 'loading') return <LoadingNote what={what} />;
  if (loaded.state === 'failed') return <ProblemNote problem={loaded.problem} onRetry={onRetry} />;
  return <>{children(loaded.value)}</>;
}
