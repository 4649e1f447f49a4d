import type { Scopes } from '@sealstream/authorization';

/** Who asks: a person's account, or a program's key or certificate that belongs to one. */
export interface Caller {
  /** The person, of whom several accounts may be; what four eyes go by. */
  readonly person: string;
  /** Name of the account, as it stands on the audit log. */
  readonly account: string;
  readonly by: 'password' | 'session' | 'api-key' | 'certificate';
  /** Of an API key: its id, which is no secret. */
  readonly keyId?: string;
  /** Of a certificate: its SHA-256 in hex, which is none either. */
  readonly certificate?: string;
  /** Of a session: its id, which is none. */
  readonly session?: string;
  readonly roles: readonly string[];
  /** The password was set by somebody else: until there is an own one, nothing else is done with it. */
  readonly needsOwnPassword?: true;
  /** Of an API key: what it is narrowed to. */
  readonly scopes?: Scopes;
}

/** Whether it is no person who signed in: then it approves nothing, and makes no credentials. */
export function isProgram({ by }: Pick<Caller, 'by'>): boolean {
  return by === 'api-key' || by === 'certificate';
}
