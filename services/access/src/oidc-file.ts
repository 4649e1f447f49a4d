import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { ADMINISTRATOR } from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';
import { readSecretFile } from '@sealstream/keyring';
import { OIDC_ALGORITHMS, type OidcProvider, providerProblem } from '@sealstream/oidc';
import {
  type Place,
  PolicyError,
  type Problem,
  reportIssues,
  SourceText,
} from '@sealstream/policy';
import { ConfigError } from '@sealstream/service';
import { z } from 'zod';

import { SETTINGS } from './config.ts';

const PROVIDERS_MAX = 20;
const VALUES_MAX = 500;
const HOUR_MS = 3_600_000;
/** No session lasts longer than twelve hours. */
const SESSION_HOURS = { default: 4, most: 12 } as const;
const CERTIFICATE = '-----BEGIN CERTIFICATE-----';

const text = (name: string, most = 200) =>
  z
    .string()
    .max(most)
    .regex(/^\P{C}+$/u, `${name} must be text on one line`);

const ProviderLanguage = z.strictObject({
  name: text('name', 40),
  title: text('title', 60),
  issuer: text('issuer'),
  clientId: text('clientId'),
  clientSecretFile: text('clientSecretFile', 4096),
  redirectUri: text('redirectUri', 2048),
  scopes: z.array(text('scopes')).min(1).max(PROVIDERS_MAX).optional(),
  rolesClaim: text('rolesClaim', 500),
  roles: z.record(
    z.string(),
    z.string().regex(/^[a-z][a-z0-9._-]{0,63}$/, 'this must be the name of a role of the policy'),
  ),
  tlsCaFile: text('tlsCaFile', 4096).optional(),
  algorithm: z.enum(OIDC_ALGORITHMS).optional(),
  sessionHours: z.int().min(1).max(SESSION_HOURS.most).default(SESSION_HOURS.default),
});
type ProviderText = z.infer<typeof ProviderLanguage>;

const FileLanguage = z.strictObject({
  version: z.literal(1),
  providers: z.array(ProviderLanguage).min(1).max(PROVIDERS_MAX),
});

const WORDS = {
  file: Object.keys(FileLanguage.shape),
  provider: Object.keys(ProviderLanguage.shape),
} as const;

/** A provider as a page shows it, and how it is spoken to. */
export interface SignInProvider extends OidcProvider {
  /** What people call it. */
  readonly title: string;
  /** After so long somebody has to come by the provider again. */
  readonly sessionMs: number;
}

export interface OidcFile {
  readonly providers: readonly SignInProvider[];
  /** What is allowed and worth a look: roles that the policy does not have. */
  readonly warnings: readonly Problem[];
}

export interface OidcFileRules {
  /** Where the service itself answers without TLS, a provider on this machine may do so as well. */
  readonly allowLoopbackHttp: boolean;
  /** Whether the policy of now has a role of that name. */
  readonly isRole: (role: string) => boolean;
}

/** Where a provider sends browsers back to, on this service. */
export function callbackPath(provider: string): string {
  return `/v1/sign-in/callback/${provider}`;
}

/**
 * Reads the file of providers, and the secrets that it names, each in a file of its own that nobody else
 * may read. Relative names begin at the file's folder.
 *
 * @throws ConfigError when the file cannot be read; PolicyError (CONFIG_INVALID) with every problem of it,
 *   each with line and column, and no value
 */
export function readOidcFile(file: string, rules: OidcFileRules): OidcFile {
  const source = new SourceText(contentOf(file), file);
  const language = languageOf(source);
  const warnings: Problem[] = [];
  const providers = (language?.providers ?? []).flatMap((provider, at) => {
    warnings.push(...unknownRoles(source, ['providers', at, 'roles'], provider, rules));
    return readProvider(source, ['providers', at], provider, rules) ?? [];
  });
  refuseTwins(source, providers);
  if (source.problems.length > 0) {
    const inOrder = source.problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    throw new PolicyError(file, inOrder, 'CONFIG_INVALID');
  }
  return { providers, warnings };
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const { env: setting } = SETTINGS.accessOidcFile;
    throw new ConfigError([{ setting, problem: 'names a file that cannot be read' }]);
  }
}

function languageOf(source: SourceText): z.infer<typeof FileLanguage> | undefined {
  if (source.problems.length > 0) return undefined;
  const parsed = FileLanguage.safeParse(source.data);
  if (parsed.success) return parsed.data;
  const known = ({ length }: Place) => (length === 0 ? WORDS.file : WORDS.provider);
  reportIssues(source, parsed.error.issues, [], known);
  return undefined;
}

/** One provider, or nothing where a problem of it was noted. */
function readProvider(
  source: SourceText,
  place: Place,
  { clientSecretFile, sessionHours, tlsCaFile, ...told }: ProviderText,
  { allowLoopbackHttp }: OidcFileRules,
): SignInProvider | undefined {
  const before = source.problems.length;
  const say = (name: string, problem: string) => source.report([...place, name], problem);
  const folder = dirname(source.file);
  const secret = secretIn(resolve(folder, clientSecretFile));
  if ('problem' in secret) say('clientSecretFile', `clientSecretFile ${secret.problem}`);
  const tlsCa = tlsCaFile === undefined ? undefined : certificatesIn(resolve(folder, tlsCaFile));
  if (tlsCa === '')
    say('tlsCaFile', 'tlsCaFile must be a PEM file of certificates that we may read');
  const provider = {
    ...told,
    // What cannot be read was told; all else of the provider is looked at, too.
    clientSecret: 'text' in secret ? secret.text : 'unread',
    sessionMs: sessionHours * HOUR_MS,
    ...(tlsCa === undefined ? {} : { tlsCa }),
  };
  const problem = providerProblem(provider, allowLoopbackHttp);
  // It begins with the name of what is wrong.
  if (problem !== undefined) say(problem.split(' ')[0] ?? '', problem);
  else if (new URL(provider.redirectUri).pathname !== callbackPath(provider.name))
    say(
      'redirectUri',
      'redirectUri must end in /v1/sign-in/callback/ and the name of the provider',
    );
  for (const [value, role] of Object.entries(provider.roles))
    if (role === ADMINISTRATOR)
      source.report(
        [...place, 'roles', value],
        'administrator is given to accounts alone, since two people must always have it',
      );
  if (Object.keys(provider.roles).length > VALUES_MAX)
    say('roles', `roles must have at most ${VALUES_MAX} values`);
  return source.problems.length === before ? provider : undefined;
}

/** What a file of ours holds, without its last line break. */
function secretIn(file: string): { readonly text: string } | { readonly problem: string } {
  try {
    const bytes = readSecretFile(file);
    const secret = bytes.toString('utf8').replace(/\r?\n$/, '');
    bytes.fill(0);
    return secret === '' ? { problem: 'names a file that is empty' } : { text: secret };
  } catch (error) {
    const isOpen = error instanceof SealstreamError && error.code === 'KEY_FILE_OPEN';
    const mend = isOpen
      ? 'that is ours and that nobody else may read: chmod 600 it'
      : 'that is there and that we may read';
    return { problem: `must name a file ${mend}` };
  }
}

/** Empty when it is none. */
function certificatesIn(file: string): string {
  try {
    const pem = readFileSync(file, 'utf8');
    return pem.includes(CERTIFICATE) ? pem : '';
  } catch {
    return '';
  }
}

/** By the address an answer came to, it is told which provider it is of. */
function refuseTwins(source: SourceText, providers: readonly SignInProvider[]): void {
  const seen = new Set<string>();
  for (const [at, { name }] of providers.entries()) {
    if (seen.has(name))
      source.report(['providers', at, 'name'], 'name must not be that of another provider');
    seen.add(name);
  }
}

function unknownRoles(
  source: SourceText,
  place: Place,
  { roles }: ProviderText,
  { isRole }: OidcFileRules,
): Problem[] {
  const unknown = Object.entries(roles).filter(([, role]) => !isRole(role));
  return unknown.map(([value]) =>
    source.problem([...place, value], 'the policy has no role of this name, so it allows nothing'),
  );
}
