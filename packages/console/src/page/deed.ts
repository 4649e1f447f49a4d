import { useState } from 'preact/hooks';
import { factsOf, type ProblemFacts } from './api/api-problem.ts';

/** What a second person is asked for. */
export interface AwaitedApproval {
  readonly id: string;
  /** RFC 3339. */
  readonly expires: string;
}

/** Where a deed stands: asked for, waiting for a second person, or done. */
export interface Deed<O, T> {
  readonly done: T | undefined;
  /** There while a second person must agree; nothing was done then. */
  readonly awaited: AwaitedApproval | undefined;
  /** Whether it was tried while nobody had agreed yet. */
  readonly isEarly: boolean;
  readonly problem: ProblemFacts | undefined;
  readonly isBusy: boolean;
  readonly begin: (order: O) => void;
  /** Sends the very same order again, with the approval. */
  readonly goOn: () => void;
}

/** What a refusal says of the approval that it asked for; undefined of any other. */
export function awaitedOf({ code, place }: ProblemFacts): AwaitedApproval | undefined {
  if (code !== 'APPROVAL_NEEDED') return undefined;
  const { approval, expires } = place ?? {};
  return typeof approval === 'string' && typeof expires === 'string'
    ? { id: approval, expires }
    : undefined;
}

/** Whether nobody has agreed yet: the approval stays good. */
export const isNotApproved = ({ code, place }: ProblemFacts): boolean =>
  code === 'APPROVAL_REFUSED' && place?.['why'] === 'not-approved';

/** Whether the approval is good for nothing any more, so that it must be asked for anew. */
export const isSpent = (problem: ProblemFacts): boolean =>
  problem.code === 'APPROVAL_UNKNOWN' ||
  (problem.code === 'APPROVAL_REFUSED' && !isNotApproved(problem));

interface Waiting<O> {
  readonly order: O;
  readonly approval: AwaitedApproval;
}

/** A change, with the second person whom the policy may want for it. */
export function useDeed<O, T>(send: (order: O, approval?: string) => Promise<T>): Deed<O, T> {
  const [done, setDone] = useState<{ readonly value: T }>();
  const [waiting, setWaiting] = useState<Waiting<O>>();
  const [problem, setProblem] = useState<ProblemFacts>();
  const [isEarly, setEarly] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const run = async (order: O, approval?: string): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    setEarly(false);
    try {
      const value = await send(order, approval);
      setWaiting(undefined);
      setDone({ value });
    } catch (error) {
      const facts = factsOf(error);
      const awaited = awaitedOf(facts);
      if (awaited !== undefined) setWaiting({ order, approval: awaited });
      else if (isNotApproved(facts)) setEarly(true);
      else {
        if (isSpent(facts)) setWaiting(undefined);
        setProblem(facts);
      }
    } finally {
      setBusy(false);
    }
  };
  return {
    done: done?.value,
    awaited: waiting?.approval,
    isEarly,
    problem,
    isBusy,
    begin: (order) => void run(order),
    goOn: () => {
      if (waiting !== undefined) void run(waiting.order, waiting.approval.id);
    },
  };
}
