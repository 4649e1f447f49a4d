import type { Accounts } from '@sealstream/accounts';
import type { OpenedService } from '@sealstream/service';

import type { PolicyOfNow } from './access-parts.ts';
import type { AccessConfig } from './config.ts';
import { readOidcFile } from './oidc-file.ts';
import { OidcSignIns } from './oidc-sign-ins.ts';
import type { ToldSignIns } from './told-sign-ins.ts';

interface OidcGround {
  readonly accounts: Accounts;
  readonly policy: PolicyOfNow;
  readonly signIns: ToldSignIns;
  /** Whether the service answers over TLS. */
  readonly isSecure: boolean;
}

/**
 * Sign-in through the providers of the file that is configured; through none where none is. No provider is
 * asked before somebody signs in.
 *
 * @throws SealstreamError CONFIG_INVALID
 */
export function openServedOidc(
  { config, telemetry }: Pick<OpenedService<AccessConfig>, 'config' | 'telemetry'>,
  { accounts, isSecure, policy, signIns }: OidcGround,
): OidcSignIns {
  const { accessOidcFile: file } = config;
  const allowLoopbackHttp = !isSecure;
  const isRole = (role: string) => policy.access()?.roles.has(role) === true;
  const read = file === undefined ? undefined : readOidcFile(file, { allowLoopbackHttp, isRole });
  for (const { file: name, line, message } of read?.warnings ?? [])
    telemetry.logger.warn({ file: name, line }, message);
  return new OidcSignIns({
    providers: read?.providers ?? [],
    accounts,
    signIns,
    allowLoopbackHttp,
  });
}
