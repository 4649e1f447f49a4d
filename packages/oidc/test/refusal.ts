import { SealstreamError } from '@sealstream/contracts';
import { expect } from 'vitest';
import { type Oidc, type OidcIdentity, type OidcProvider, openOidc } from '../src/index.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type HostileProvider,
  REDIRECT_URI,
} from './hostile-provider.ts';

export function settingsFor(issuer: string, more: Partial<OidcProvider> = {}): OidcProvider {
  return {
    name: 'one',
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUri: REDIRECT_URI,
    rolesClaim: 'realm_access.roles',
    roles: { reader: 'analyst' },
    ...more,
  };
}

export function openFor(
  provider: HostileProvider,
  more: Partial<OidcProvider> = {},
  timeoutMs = 5_000,
): Oidc {
  const providers = [settingsFor(provider.issuer, more)];
  return openOidc({ providers, allowLoopbackHttp: true, timeoutMs });
}

export async function signIn(oidc: Oidc, provider: HostileProvider): Promise<OidcIdentity> {
  const { url, pending } = await oidc.begin('one');
  return oidc.finish(pending, provider.visit(url));
}

/** The error of a promise; it must be one of ours. */
export async function refusalOf(work: Promise<unknown>): Promise<SealstreamError> {
  const error: unknown = await work.then(
    () => new Error('it was let in'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof SealstreamError) return error;
  throw error;
}

export interface RefusalOptions {
  readonly open?: () => Oidc;
  /** Forgets what the provider said before of itself and its keys. */
  readonly afresh?: boolean;
}

/**
 * Signs in at an honest provider, which must succeed; then plants something, and gives the refusal of
 * the same sign-in. Nothing that was given out may stand in it.
 */
export async function refusalAfter(
  provider: HostileProvider,
  plant: (provider: HostileProvider) => void,
  { open = () => openFor(provider), afresh = false }: RefusalOptions = {},
): Promise<SealstreamError> {
  const oidc = open();
  // The control: all that the planted sign-in does but for what is planted.
  expect(await signIn(oidc, provider)).toMatchObject({ subject: 'user-1', roles: ['analyst'] });
  plant(provider);
  const error = await refusalOf(signIn(afresh ? open() : oidc, provider));
  const told = `${error.stack} ${JSON.stringify(error)}`;
  for (const secret of [...provider.given, CLIENT_SECRET]) expect(told).not.toContain(secret);
  return error;
}
