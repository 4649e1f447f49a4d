import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiClient } from '../api/api-client.ts';
import { factsOf, type ProblemFacts } from '../api/api-problem.ts';
import { typedText } from '../form-text.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ProviderLinks } from '../parts/provider-links.tsx';
import { ThemeSwitch } from '../parts/theme-switch.tsx';

interface Props {
  readonly api: ApiClient;
  /** Whether a session ended, so that the reader knows why they stand here. */
  readonly wasIn: boolean;
  /** Why whoever came back from a provider was not let in. */
  readonly refused: ProblemFacts | undefined;
  readonly onSignedIn: () => Promise<void>;
}

/** Name and password in, or a provider; the session is a cookie that no script can read. */
export function SignIn({ api, onSignedIn, refused, wasIn }: Props) {
  const [problem, setProblem] = useState(refused);
  const [isBusy, setBusy] = useState(false);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Sealstream';
  }, []);
  const signIn = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await api.signIn(typedText(form, 'name'), typedText(form, 'password'));
      await onSignedIn();
    } catch (error) {
      setProblem(factsOf(error));
      if (password.current !== null) password.current.value = '';
      password.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="lonely">
      <p class="brand">Sealstream</p>
      <h1>Sign in</h1>
      {wasIn ? <p role="status">Your session has ended. Sign in again to go on.</p> : null}
      <form
        class="sign-in"
        onSubmit={(event) => {
          event.preventDefault();
          void signIn(event.currentTarget);
        }}
      >
        <label class="field">
          <span>Name</span>
          <input
            name="name"
            autoComplete="username"
            autoCapitalize="none"
            required
            maxLength={100}
          />
        </label>
        <label class="field">
          <span>Password</span>
          <input
            name="password"
            type="password"
            autoComplete="current-password"
            required
            maxLength={1000}
            ref={password}
          />
        </label>
        {problem === undefined ? null : <ProblemNote problem={problem} />}
        <button type="submit" class="button button-main" disabled={isBusy}>
          {isBusy ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
      <ProviderLinks api={api} />
      <ThemeSwitch />
    </main>
  );
}
