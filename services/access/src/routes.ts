import type { Route } from './route.ts';
import { health } from './routes/about.ts';
import { apiKeys, createApiKey, revokeApiKey } from './routes/api-keys.ts';
import { approvals, approveRequest } from './routes/approvals.ts';
import { bootstrap } from './routes/bootstrap.ts';
import { CONSOLE_ROUTES } from './routes/console.ts';
import { dataset, datasets } from './routes/datasets.ts';
import { detokenise } from './routes/detokenise.ts';
import { createGrant, grants, revokeGrant } from './routes/grants.ts';
import { KEY_CARE_ROUTES } from './routes/key-care.ts';
import { me } from './routes/me.ts';
import { AUDIT_ROUTES } from './routes/audit.ts';
import { comparePolicy, policyInUse } from './routes/policy.ts';
import {
  policyProposal,
  policyProposals,
  proposePolicy,
  withdrawProposal,
} from './routes/policy-proposals.ts';
import { resolveKeys } from './routes/resolve.ts';
import { reveal } from './routes/reveal.ts';
import { seal } from './routes/seal.ts';
import { refresh, signIn, signOut } from './routes/session.ts';
import { endSession, sessions } from './routes/sessions.ts';
import { SIGN_IN_ROUTES } from './routes/sign-in.ts';
import { tokenise } from './routes/tokenise.ts';
import { linkIdentity, unlinkIdentity } from './routes/user-identities.ts';
import { setPassword } from './routes/user-password.ts';
import { giveRole, takeRole } from './routes/user-roles.ts';
import { endUserSessions, userSessions } from './routes/user-sessions.ts';
import { createUser, disableUser, enableUser, user, users } from './routes/users.ts';

/** Every route of the service; what is not here is not there. */
export const ROUTES: readonly Route[] = [
  health,
  signIn,
  refresh,
  signOut,
  ...SIGN_IN_ROUTES,
  bootstrap,
  me,
  sessions,
  endSession,
  users,
  user,
  createUser,
  disableUser,
  enableUser,
  userSessions,
  endUserSessions,
  setPassword,
  giveRole,
  takeRole,
  linkIdentity,
  unlinkIdentity,
  apiKeys,
  createApiKey,
  revokeApiKey,
  approvals,
  approveRequest,
  datasets,
  dataset,
  reveal,
  detokenise,
  tokenise,
  seal,
  resolveKeys,
  grants,
  createGrant,
  revokeGrant,
  policyInUse,
  comparePolicy,
  proposePolicy,
  policyProposals,
  policyProposal,
  withdrawProposal,
  ...AUDIT_ROUTES,
  ...CONSOLE_ROUTES,
  ...KEY_CARE_ROUTES,
];
