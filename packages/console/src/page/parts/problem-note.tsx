import type { ProblemFacts } from '../api/api-problem.ts';
import { counted } from '../words/numbers.ts';

interface Props {
  readonly problem: ProblemFacts;
  readonly onRetry?: () => void;
}

/** Why something did not work: what, what to do, and by which code and request it is found again. */
export function ProblemNote({ onRetry, problem }: Props) {
  const { code, detail, requestId, retryAfterSeconds, title } = problem;
  return (
    <div class="note problem" role="alert">
      <p class="problem-title">{title}</p>
      {detail === undefined ? null : <p>{detail}</p>}
      {retryAfterSeconds === undefined ? null : (
        <p>Try again in {counted(retryAfterSeconds, 'second')}.</p>
      )}
      <p class="quiet">
        Code <code>{code}</code>
        {requestId === undefined ? null : (
          <>
            {' '}
            · request <code>{requestId}</code>
          </>
        )}
      </p>
      {onRetry === undefined ? null : (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
