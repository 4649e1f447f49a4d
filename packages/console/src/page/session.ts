import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ApiClient } from './api/api-client.ts';
import type { Me } from './api/answers.ts';

/** Who reads this page, and how it asks the service. */
export interface ReaderSession {
  readonly api: ApiClient;
  readonly me: Me;
  /** Says a sentence to screen readers. */
  readonly announce: (sentence: string) => void;
}

export const SessionContext = createContext<ReaderSession | undefined>(undefined);

/** The session of a page inside the shell. */
export function useSession(): ReaderSession {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('a page stands outside of the shell');
  return session;
}
