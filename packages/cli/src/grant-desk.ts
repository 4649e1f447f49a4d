import type { GrantField } from '@sealstream/contracts';

import type { AccessOptions } from './access/access-options.ts';
import type { DatasetOptions, KeyOptions, PolicyOptions } from './options.ts';

/** A grant as it is shown; there is no key in it. */
export interface ShownGrant {
  readonly id: string;
  readonly state: 'active' | 'expired' | 'revoked';
  readonly dataset: string;
  readonly consumer: string;
  readonly actor: string;
  readonly created: string;
  readonly expires: string;
  readonly fingerprint: string;
  readonly fields: readonly GrantField[];
  readonly revoked?: { readonly time: string; readonly actor: string } | undefined;
}

/** A record that is not believed, and why. */
export interface TroubledGrant {
  readonly id: string;
  readonly problem: string;
}

/** A grant that is asked for. */
export interface GrantOrder extends DatasetOptions {
  readonly paths: readonly string[];
  /** PEM or JWK. */
  readonly publicKey: Buffer;
  /** The beginning of the fingerprint where it is not given. */
  readonly consumer?: string | undefined;
  readonly lifeMs: number;
}

/** What commands do with grants; all of it is on the audit log. Throws GRANT_*, and as AccountDesk. */
export interface GrantDesk {
  list(): Promise<readonly (ShownGrant | TroubledGrant)[]>;
  create(order: GrantOrder): Promise<{ readonly grant: ShownGrant; readonly sealed: string }>;
  revoke(id: string): Promise<ShownGrant>;
}

export interface GrantOptions extends KeyOptions, PolicyOptions, AccessOptions {}
