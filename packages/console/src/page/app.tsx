import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { Me } from './api/answers.ts';
import { ApiClient } from './api/api-client.ts';
import { factsOf, type ProblemFacts } from './api/api-problem.ts';
import { SignIn } from './pages/sign-in.tsx';
import { LoadingNote } from './parts/notes.tsx';
import { ProblemNote } from './parts/problem-note.tsx';
import { Shell } from './shell.tsx';
import { signInProblem } from './words/sign-in-problems.ts';

type Door =
  | { readonly state: 'asking' }
  | { readonly state: 'out'; readonly wasIn: boolean }
  | { readonly state: 'in'; readonly me: Me }
  | { readonly state: 'failed'; readonly problem: ProblemFacts };

/** Why a provider's sign-in failed, once: it is no place in the console, so the address forgets it. */
function takeSignInProblem(): ProblemFacts | undefined {
  const problem = signInProblem(location.hash);
  if (problem !== undefined) history.replaceState(null, '', '/');
  return problem;
}

/** Lets in who has a session, and shows the sign-in to everybody else. */
export function App() {
  const [door, setDoor] = useState<Door>({ state: 'asking' });
  const [refused] = useState(takeSignInProblem);
  const shut = useCallback(
    () => setDoor((before) => ({ state: 'out', wasIn: before.state === 'in' })),
    [],
  );
  const api = useMemo(() => new ApiClient((path, init) => fetch(path, init), shut), [shut]);
  const ask = useCallback(async () => {
    try {
      setDoor({ state: 'in', me: await api.get<Me>('/v1/me') });
    } catch (error) {
      const problem = factsOf(error);
      if (problem.status !== 401) setDoor({ state: 'failed', problem });
    }
  }, [api]);
  useEffect(() => void ask(), [ask]);

  if (door.state === 'in') return <Shell api={api} me={door.me} />;
  if (door.state === 'out') {
    // Whoever was in meanwhile is not told again.
    const told = door.wasIn ? undefined : refused;
    return <SignIn api={api} wasIn={door.wasIn} refused={told} onSignedIn={ask} />;
  }
  return (
    <main class="lonely">
      <h1 class="brand">Sealstream</h1>
      {door.state === 'asking' ? (
        <LoadingNote what="your session" />
      ) : (
        <ProblemNote problem={door.problem} onRetry={() => void ask()} />
      )}
    </main>
  );
}
