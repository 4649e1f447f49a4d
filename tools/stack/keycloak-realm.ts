import { randomBytes } from 'node:crypto';

/** Somebody who can sign in at the provider. */
export interface RealmUser {
  readonly name: string;
  readonly password: string;
  /** In the claim `groups`. */
  readonly group: string;
  /** In the claim `realm_access.roles`, beside those that Keycloak gives everybody. */
  readonly role: string;
}

/** A confidential client of the provider; each must use PKCE with S256. */
export interface RealmClient {
  readonly id: string;
  readonly secret: string;
  readonly algorithm: 'RS256' | 'PS256' | 'ES256';
}

/** A client that may change who has which role, with the rights of no person. */
export interface RealmManager {
  readonly id: string;
  readonly secret: string;
}

/** What the realm of the tests holds; passwords and secrets are new for each. */
export interface RealmContents {
  readonly analyst: RealmUser;
  readonly keeper: RealmUser;
  readonly clients: readonly RealmClient[];
  readonly manager: RealmManager;
}

export const REALM = 'sealstream';

const secret = () => randomBytes(24).toString('base64url');

export function realmContents(): RealmContents {
  const client = (id: string, algorithm: RealmClient['algorithm']) => {
    return { id, algorithm, secret: secret() };
  };
  return {
    analyst: { name: 'ana', password: secret(), group: 'analysts', role: 'reader' },
    keeper: { name: 'kim', password: secret(), group: 'keepers', role: 'key-keeper' },
    manager: { id: 'manager', secret: secret() },
    clients: [
      client('access', 'RS256'),
      client('access-ps', 'PS256'),
      client('access-es', 'ES256'),
    ],
  };
}

function user({ name, password, group, role }: RealmUser): object {
  return {
    username: name,
    enabled: true,
    // Without these Keycloak asks for them after the first sign-in.
    firstName: name,
    lastName: group,
    email: `${name}@example.com`,
    emailVerified: true,
    credentials: [{ type: 'password', value: password, temporary: false }],
    groups: [group],
    realmRoles: [role],
  };
}

/** Puts something into the ID token. */
function mapper(name: string, kind: string, claim: string, more: object): object {
  return {
    name,
    protocol: 'openid-connect',
    protocolMapper: kind,
    config: { 'claim.name': claim, 'id.token.claim': 'true', multivalued: 'true', ...more },
  };
}

function client({ id, secret, algorithm }: RealmClient, redirectBase: string): object {
  return {
    clientId: id,
    secret,
    enabled: true,
    publicClient: false,
    standardFlowEnabled: true,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    redirectUris: [`${redirectBase}${id}`],
    attributes: {
      'pkce.code.challenge.method': 'S256',
      'id.token.signed.response.alg': algorithm,
    },
    protocolMappers: [
      mapper('roles', 'oidc-usermodel-realm-role-mapper', 'realm_access.roles', {}),
      mapper('groups', 'oidc-group-membership-mapper', 'groups', { 'full.path': 'false' }),
    ],
  };
}

/** The client, and the user that it acts as. */
function manager({ id, secret }: RealmManager): { readonly client: object; readonly user: object } {
  const client = {
    clientId: id,
    secret,
    enabled: true,
    publicClient: false,
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
  };
  const clientRoles = { 'realm-management': ['manage-users', 'view-realm'] };
  const user = { username: `service-account-${id}`, enabled: true, clientRoles };
  return { client, user: { ...user, serviceAccountClientId: id } };
}

/** The realm as Keycloak imports it. A browser is sent back to `redirectBase` and the client's id. */
export function realmDocument(contents: RealmContents, redirectBase: string): object {
  const users = [contents.analyst, contents.keeper];
  const own = manager(contents.manager);
  return {
    realm: REALM,
    enabled: true,
    sslRequired: 'external',
    roles: { realm: users.map(({ role }) => ({ name: role })) },
    groups: users.map(({ group }) => ({ name: group })),
    users: [...users.map(user), own.user],
    clients: [...contents.clients.map((one) => client(one, redirectBase)), own.client],
  };
}
